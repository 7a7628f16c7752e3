// Numbers of one bit, and of the three values -1, 0 and 1, for HLS: ap_binary and ap_ternary, beside ap_fixed. C++11.

#ifndef AP_BINARY_H
#define AP_BINARY_H

#include "ap_minifloat.h"

namespace ap_minifloat_detail {

// A template, so that the constant may stand in a header and have an address in C++11.
template <int w>
struct bits_of {
    static const int width = w;
};
template <int w>
const int bits_of<w>::width;

}  // namespace ap_minifloat_detail

// 1 (bit 1) for x > 0, else -1 (bit 0), zero and NaN included; in Python `BinaryQ()`. Without a value the constructor
// leaves the bit open, as that of ap_fixed does.
//
// A product selects a number or its opposite, without a multiplier: ap_fixed<W + 1, I + 1> with ap_fixed<W, I> and
// ap_ufixed<W, I>, ap_int<W + 1> with integers of W bits, the format itself with ap_minifloat and ap_binary. It is exact.
struct ap_binary : ap_minifloat_detail::bits_of<1> {
    ap_binary() {}
    ap_binary(double x) : code(x > 0) {}
    ap_binary(float x) : code(x > 0) {}
    template <class type>
    ap_binary(const type& x, typename ap_minifloat_detail::only_if<ap_minifloat_detail::operand<type>::exact>::type* = 0)
        : code(!ap_minifloat_detail::operand<type>::negative(x) && ap_minifloat_detail::operand<type>::coefficient(x) > 0) {
        AP_MINIFLOAT_HLS(HLS inline)
    }

    ap_uint<1> bits() const { return code; }
    static ap_binary from_bits(const ap_uint<1>& bits) {
        AP_MINIFLOAT_HLS(HLS inline)
        ap_binary result;
        result.code = bits;
        return result;
    }

    bool negative() const { return code == 0; }
    int to_int() const { return negative() ? -1 : 1; }
    double to_double() const { return negative() ? -1 : 1; }
    explicit operator int() const { return to_int(); }
    explicit operator double() const { return to_double(); }

    ap_binary operator+() const { return *this; }
    ap_binary operator-() const { return from_bits(~code); }

private:
    ap_uint<1> code;
};

// -1, 0 or 1, to the nearest, a half to 0; in Python `TernaryQ()`.
typedef ap_fixed<2, 2, AP_RND_CONV, AP_SAT_SYM> ap_ternary;

namespace ap_minifloat_detail {

template <>
struct operand<ap_binary> {
    static const bool known = true, exact = false, ours = true;

    static normal_form<1> normal(const ap_binary& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        return normalised(x.negative(), ap_uint<1>(1), 0);
    }
};

// A number or its opposite.
template <class result, class number>
struct signed_raw {
    typedef result type;

    static type of(bool negative, const number& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        AP_MINIFLOAT_FITS(result::width);
        const ap_uint<result::width> extended = operand<number>::coefficient(x);
        return from_raw<result>(negated_if(negative, extended));
    }
};

template <class number>
struct signed_self {
    typedef number type;

    static type of(bool negative, const number& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        return negative ? -x : x;
    }
};

template <class number, int w = part<number>::width>
struct signed_part : signed_raw<ap_int<w + 1>, number> {};
template <class number>
struct signed_part<number, 0> {};

template <class number>
struct signed_product : signed_part<number> {};
template <int w, int i, bool s, ap_q_mode q, ap_o_mode o, int n>
struct signed_product<ap_fixed_base<w, i, s, q, o, n> >
    : signed_raw<ap_fixed<w + 1, i + 1>, ap_fixed_base<w, i, s, q, o, n> > {};
template <int w, int i, ap_q_mode q, ap_o_mode o, int n>
struct signed_product<ap_fixed<w, i, q, o, n> > : signed_raw<ap_fixed<w + 1, i + 1>, ap_fixed<w, i, q, o, n> > {};
template <int w, int i, ap_q_mode q, ap_o_mode o, int n>
struct signed_product<ap_ufixed<w, i, q, o, n> > : signed_raw<ap_fixed<w + 1, i + 1>, ap_ufixed<w, i, q, o, n> > {};
template <int w, bool s>
struct signed_product<ap_int_base<w, s> > : signed_raw<ap_int<w + 1>, ap_int_base<w, s> > {};
template <int w>
struct signed_product<ap_int<w> > : signed_raw<ap_int<w + 1>, ap_int<w> > {};
template <int w>
struct signed_product<ap_uint<w> > : signed_raw<ap_int<w + 1>, ap_uint<w> > {};
template <int m, int e, int e0>
struct signed_product<ap_minifloat<m, e, e0> > : signed_self<ap_minifloat<m, e, e0> > {};
#define AP_BINARY_PRODUCT(number, is_signed) \
    template <>                              \
    struct signed_product<number> : signed_raw<ap_int<8 * sizeof(number) + 1>, number> {};
AP_MINIFLOAT_INTEGERS(AP_BINARY_PRODUCT)
#undef AP_BINARY_PRODUCT

// A template for both sides: a number that could become an ap_binary does not.
template <class a, class b>
struct binary_product {};
template <class b>
struct binary_product<ap_binary, b> : signed_product<b> {
    static bool negative(const ap_binary& x, const b&) { return x.negative(); }
    static const b& number(const ap_binary&, const b& y) { return y; }
};
template <class a>
struct binary_product<a, ap_binary> : signed_product<a> {
    static bool negative(const a&, const ap_binary& y) { return y.negative(); }
    static const a& number(const a& x, const ap_binary&) { return x; }
};
template <>
struct binary_product<ap_binary, ap_binary> : signed_self<ap_binary> {
    static bool negative(const ap_binary& x, const ap_binary&) { return x.negative(); }
    static const ap_binary& number(const ap_binary&, const ap_binary& y) { return y; }
};

}  // namespace ap_minifloat_detail

template <class a, class b>
inline typename ap_minifloat_detail::binary_product<a, b>::type operator*(const a& x, const b& y) {
    AP_MINIFLOAT_HLS(HLS inline)
    typedef ap_minifloat_detail::binary_product<a, b> product;
    return product::of(product::negative(x, y), product::number(x, y));
}

#ifndef __SYNTHESIS__
inline std::ostream& operator<<(std::ostream& out, const ap_binary& x) { return out << x.to_int(); }
inline std::istream& operator>>(std::istream& in, ap_binary& x) {
    double number;
    if (in >> number) x = number;
    return in;
}
#endif

#endif  // AP_BINARY_H
