// Numbers of one bit, and of the three values -1, 0 and 1, for HLS: ap_binary and ap_ternary, beside ap_fixed. C++11.

#ifndef AP_BINARY_H
#define AP_BINARY_H

#include "ap_float.h"

// 1 (bit 1) for x > 0, else -1 (bit 0), zero and NaN included; in Python `BinaryQ()`. Without a value the constructor
// leaves the bit open, as that of ap_fixed does.
//
// A product selects a number or its opposite, without a multiplier: ap_fixed<W + 1, I + 1> with ap_fixed<W, I> and
// ap_ufixed<W, I>, ap_int<W + 1> with integers of W bits, the format itself with ap_float and ap_binary. It is exact.
struct ap_binary {
    static const int width = 1;

    ap_binary() {}
    ap_binary(double x) : code(x > 0) {}
    ap_binary(float x) : code(x > 0) {}
    template <class type>
    ap_binary(const type& x, typename ap_float_detail::only_if<ap_float_detail::operand<type>::exact>::type* = 0)
        : code(!ap_float_detail::operand<type>::negative(x) && ap_float_detail::operand<type>::coefficient(x) > 0) {
        AP_FLOAT_HLS(HLS inline)
    }

    ap_uint<1> bits() const { return code; }
    static ap_binary from_bits(const ap_uint<1>& bits) {
        AP_FLOAT_HLS(HLS inline)
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

namespace ap_float_detail {

template <>
struct operand<ap_binary> {
    static const bool known = true, exact = false, ours = true;

    static normal_form<1> normal(const ap_binary& x) {
        AP_FLOAT_HLS(HLS inline)
        return normalised(x.negative(), ap_uint<1>(1), 0);
    }
};

// The type of a number or its opposite.
template <class type>
struct signed_product {};
template <int w, int i, bool s, ap_q_mode q, ap_o_mode o, int n>
struct signed_product<ap_fixed_base<w, i, s, q, o, n> > {
    typedef ap_fixed<w + 1, i + 1> type;
};
template <int w, int i, ap_q_mode q, ap_o_mode o, int n>
struct signed_product<ap_fixed<w, i, q, o, n> > {
    typedef ap_fixed<w + 1, i + 1> type;
};
template <int w, int i, ap_q_mode q, ap_o_mode o, int n>
struct signed_product<ap_ufixed<w, i, q, o, n> > {
    typedef ap_fixed<w + 1, i + 1> type;
};
template <int w, bool s>
struct signed_product<ap_int_base<w, s> > {
    typedef ap_int<w + 1> type;
};
template <int w>
struct signed_product<ap_int<w> > {
    typedef ap_int<w + 1> type;
};
template <int w>
struct signed_product<ap_uint<w> > {
    typedef ap_int<w + 1> type;
};
#define AP_BINARY_PRODUCT(number, is_signed)       \
    template <>                                    \
    struct signed_product<number> {                \
        typedef ap_int<8 * sizeof(number) + 1> type; \
    };
AP_FLOAT_INTEGERS(AP_BINARY_PRODUCT)
#undef AP_BINARY_PRODUCT

}  // namespace ap_float_detail

template <class number>
inline typename ap_float_detail::signed_product<number>::type operator*(const ap_binary& x, const number& y) {
    AP_FLOAT_HLS(HLS inline)
    typedef typename ap_float_detail::signed_product<number>::type result;
    AP_FLOAT_FITS(result::width);
    const ap_uint<result::width> extended = ap_float_detail::operand<number>::coefficient(y);
    return ap_float_detail::from_raw<result>(ap_float_detail::negated_if(x.negative(), extended));
}

template <class number>
inline typename ap_float_detail::signed_product<number>::type operator*(const number& x, const ap_binary& y) {
    AP_FLOAT_HLS(HLS inline)
    return y * x;
}

template <int m, int e, int e0>
inline ap_float<m, e, e0> operator*(const ap_binary& x, const ap_float<m, e, e0>& y) {
    AP_FLOAT_HLS(HLS inline)
    return x.negative() ? -y : y;
}

template <int m, int e, int e0>
inline ap_float<m, e, e0> operator*(const ap_float<m, e, e0>& x, const ap_binary& y) {
    AP_FLOAT_HLS(HLS inline)
    return y * x;
}

inline ap_binary operator*(const ap_binary& x, const ap_binary& y) {
    AP_FLOAT_HLS(HLS inline)
    return ap_binary::from_bits(~(x.bits() ^ y.bits()));
}

#ifndef __SYNTHESIS__
inline std::ostream& operator<<(std::ostream& out, const ap_binary& x) { return out << x.to_int(); }
#endif

#endif  // AP_BINARY_H
