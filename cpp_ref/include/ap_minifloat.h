// Small floating-point numbers for HLS: ap_minifloat<M, E, E0>, beside the ap_fixed of Vivado HLS and Vitis HLS. C++11.

#ifndef AP_MINIFLOAT_H
#define AP_MINIFLOAT_H

#include <ap_fixed.h>
#include <ap_int.h>
#ifndef __SYNTHESIS__
#include <istream>
#include <ostream>
#endif

#ifdef __SYNTHESIS__
#define AP_MINIFLOAT_HLS(text) _Pragma(#text)
#else
#define AP_MINIFLOAT_HLS(text)
#endif

// clang-format off
#define AP_MINIFLOAT_INTEGERS(USE)                                                                                      \
    USE(bool, false) USE(char, ('\xff' < 0)) USE(signed char, true) USE(unsigned char, false)                       \
    USE(short, true) USE(unsigned short, false) USE(int, true) USE(unsigned int, false)                             \
    USE(long, true) USE(unsigned long, false) USE(long long, true) USE(unsigned long long, false)
// clang-format on

// The parameters of templates have small letters, as M, I and N are macros in many a program.
template <int m, int e, int e0 = 0>
struct ap_minifloat;

namespace ap_minifloat_detail {

constexpr int smaller(int a, int b) { return a < b ? a : b; }
constexpr int larger(int a, int b) { return a > b ? a : b; }
constexpr int bits_for(int number) { return number < 2 ? 1 : 1 + bits_for(number / 2); }

// `type` exists where the condition holds: elsewhere an overload is none.
template <bool condition, class chosen = void>
struct only_if {};
template <class chosen>
struct only_if<true, chosen> {
    typedef chosen type;
};

// Pieces of bits ------------------------------------------------------------------------------------------------------

// number * 2^power as the lowest `to` bits of it, without the fraction.
template <int to, int power, int from>
inline ap_uint<to> moved(const ap_uint<from>& number) {
    AP_MINIFLOAT_HLS(HLS inline)
    if (power >= to || -power >= from) return 0;
    if (power >= 0) return ap_uint<to>(number) << larger(power, 0);
    return number >> larger(-power, 0);
}

// Whether one of the lowest `count` bits is set.
template <int count, int n>
inline bool any_below(const ap_uint<n>& number) {
    AP_MINIFLOAT_HLS(HLS inline)
    return count > 0 && moved<n, n - smaller(larger(count, 1), n)>(number) != 0;
}

// The zeros above the highest one, by halves; `number` is not 0.
template <int n>
inline ap_uint<bits_for(n - 1)> leading_zeros(ap_uint<n> number) {
    AP_MINIFLOAT_HLS(HLS inline)
    const int stages = bits_for(n - 1);
    ap_uint<stages> zeros = 0;
    for (int stage = stages - 1; stage >= 0; --stage) {
        AP_MINIFLOAT_HLS(HLS unroll)
        const int half = 1 << stage;
        if (half < n && (number >> (n - half)) == 0) {
            number <<= half;
            zeros[stage] = 1;
        }
    }
    return zeros;
}

// The two's complement of a number or of its opposite.
template <int w>
inline ap_uint<w> negated_if(bool condition, const ap_uint<w>& bits) {
    AP_MINIFLOAT_HLS(HLS inline)
    return condition ? ap_uint<w>(~bits + 1) : bits;
}

// The bits of a part of one of the vendor's numbers, which is an unsigned integer; 0 for all other types.
template <class type>
struct part {
    static const int width = 0;
};
template <int w>
struct part_of {
    static const int width = w;
};
template <int w, bool s>
struct part<ap_range_ref<w, s> > : part_of<w> {};
template <int w, int i, bool s, ap_q_mode q, ap_o_mode o, int n>
struct part<af_range_ref<w, i, s, q, o, n> > : part_of<w> {};
template <int w, class type, int w2, class type2>
struct part<ap_concat_ref<w, type, w2, type2> > : part_of<w + w2> {};
template <int w, bool s>
struct part<ap_bit_ref<w, s> > : part_of<1> {};
template <int w, int i, bool s, ap_q_mode q, ap_o_mode o, int n>
struct part<af_bit_ref<w, i, s, q, o, n> > : part_of<1> {};

// The raw bits of a number of the vendor's types or of C++.
template <int w, int i, bool s, ap_q_mode q, ap_o_mode o, int n>
inline ap_uint<w> raw(const ap_fixed_base<w, i, s, q, o, n>& x) {
    AP_MINIFLOAT_HLS(HLS inline)
    return x.range();
}

template <int w, bool s>
inline ap_uint<w> raw(const ap_int_base<w, s>& x) {
    AP_MINIFLOAT_HLS(HLS inline)
    return x;
}

template <class type>
inline typename only_if<(part<type>::width > 0), ap_uint<part<type>::width> >::type raw(const type& x) {
    AP_MINIFLOAT_HLS(HLS inline)
    return ap_uint<part<type>::width>(x);
}

#define AP_MINIFLOAT_RAW(type, is_signed) \
    inline ap_uint<8 * sizeof(type)> raw(type x) { return x; }
AP_MINIFLOAT_INTEGERS(AP_MINIFLOAT_RAW)
#undef AP_MINIFLOAT_RAW

// What IEEE 754 formats are to ap_minifloat: those with e0 = 1, whose largest exponent is taken by infinity and NaN.
template <class type>
struct ieee;
template <>
struct ieee<double> {
    static const int m = 52, e = 11;
    typedef unsigned long long integer;
};
template <>
struct ieee<float> {
    static const int m = 23, e = 8;
    typedef unsigned int integer;
};

template <class type>
union bit_cast {
    type number;
    typename ieee<type>::integer bits;
};

template <class type>
inline ap_uint<8 * sizeof(type)> ieee_bits(type x) {
    AP_MINIFLOAT_HLS(HLS inline)
    bit_cast<type> cast;
    cast.number = x;
    return cast.bits;
}

// Rounding ------------------------------------------------------------------------------------------------------------

// Exponent field and mantissa, saturated, of `aligned`, whose highest bit means 2^(emin + k); `below` says whether
// something was cut off under its lowest bit. To nearest, ties to even.
template <int m, int e, int n>
inline ap_uint<e + m> rounded(const ap_uint<n>& aligned, const ap_uint<e>& k, bool below) {
    AP_MINIFLOAT_HLS(HLS inline)
    static_assert(n >= m + 2, "the bit after the mantissa decides");
    const ap_uint<m + 1> significand = moved<m + 1, m + 1 - n>(aligned);
    const bool half = aligned[n - m - 2];
    const bool more = below || any_below<n - m - 2>(aligned);
    // the hidden one of the significand, where there is one, adds to the exponent field, and so does a carry
    ap_uint<e + m + 1> code = moved<e + m + 1, m>(k);
    code += significand;
    code += ap_uint<1>(half && (more || significand[0]));
    const ap_uint<e + m> largest = ~ap_uint<e + m>(0);
    return code[e + m] ? largest : ap_uint<e + m>(code);
}

// The same of magnitude * 2^(i - w). Only the bits between half the smallest step and the largest exponent of the
// format reach the shifter: what lies above them saturates, what lies below them is one bit.
template <int m, int e, int e0, int i, int w>
inline ap_uint<e + m> from_magnitude(const ap_uint<w>& magnitude) {
    AP_MINIFLOAT_HLS(HLS inline)
    typedef ap_minifloat<m, e, e0> format;
    // exponents: of the lowest bit of the magnitude, of the highest and the lowest bit of the window
    const int lowest = i - w;
    const int top = smaller(larger(i - 1, format::emin), format::emax);
    const int bottom = smaller(larger(format::emin - m - 1, lowest), top - m - 1);
    const int n = top - bottom + 1;
    const int reach = top - format::emin;  // a shift by more would leave the exponents of the format
    const int stop = smaller(reach, n - 1);

    const ap_uint<n> window = moved<n, lowest - bottom>(magnitude);
    const bool below = any_below<bottom - lowest>(magnitude);
    const bool above = i - 1 > top && moved<w, smaller(lowest - top - 1, 0)>(magnitude) != 0;
    const ap_uint<n> stopper = ap_uint<n>(1) << (n - 1 - stop);
    const ap_uint<bits_for(n - 1)> zeros = leading_zeros<n>(window | stopper);
    const bool zero = reach >= n && window == 0;
    const ap_uint<e> k = zero ? 0 : reach - int(zeros);
    const ap_uint<e + m> largest = ~ap_uint<e + m>(0);
    return above ? largest : rounded<m, e>(ap_uint<n>(window << zeros), k, below);
}

// The same of a number of another format. Its subnormal numbers move to the left where they become normal, its normal
// ones to the right where they become subnormal: one of the two, as the smaller `emin` is known.
template <int m, int e, int e0, int m2, int e2, int e02>
inline ap_uint<e + m> from_float(const ap_minifloat<m2, e2, e02>& x) {
    AP_MINIFLOAT_HLS(HLS inline)
    typedef ap_minifloat<m, e, e0> format;
    const int offset = ap_minifloat<m2, e2, e02>::emin - format::emin;
    const int n = larger(m2 + 1, m + 3);
    const int stop = smaller(larger(offset, 0), m2);

    const ap_uint<m2 + 1> significand = x.significand();
    const ap_uint<m2 + 1> stopper = ap_uint<m2 + 1>(1) << (m2 - stop);
    const ap_uint<bits_for(m2)> zeros = leading_zeros<m2 + 1>(significand | stopper);
    const int k = int(x.shift()) + offset - int(zeros);
    const ap_uint<n> aligned = moved<n, n - m2 - 1>(significand) << zeros;
    const ap_uint<bits_for(m + 2)> right = k >= 0 ? 0 : smaller(-k, m + 2);
    const ap_uint<n> shifted = aligned >> right;
    const bool below = ap_uint<n>(shifted << right) != aligned;
    const ap_uint<e + m> largest = ~ap_uint<e + m>(0);
    if (significand == 0) return 0;
    return k > format::emax - format::emin ? largest : rounded<m, e>(shifted, ap_uint<e>(larger(k, 0)), below);
}

// Operands ------------------------------------------------------------------------------------------------------------

const int far_away = 1 << 30;  // an exponent beyond all others

// (-1)^negative * significand * 2^(exponent - n + 1), the highest bit of the significand set, but for the one zero.
template <int n>
struct normal_form {
    bool nan;
    bool negative;
    int exponent;
    ap_uint<n> significand;
};

template <int n>
inline normal_form<n> normalised(bool negative, const ap_uint<n>& magnitude, int top) {
    AP_MINIFLOAT_HLS(HLS inline)
    const bool zero = magnitude == 0;
    const ap_uint<bits_for(n - 1)> zeros = leading_zeros<n>(magnitude | ap_uint<n>(1));
    normal_form<n> result;
    result.nan = false;
    result.negative = negative && !zero;
    result.exponent = zero ? -far_away : top - int(zeros);
    result.significand = magnitude << zeros;
    return result;
}

template <int w, int i, bool s>
struct fixed_operand {
    static const bool known = true, exact = true, ours = false;
    static const int bits = w + !s, lsb = i - w, integer = i + !s, normal_bits = w;

    template <class type>
    static ap_int<bits> coefficient(const type& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        return raw(x);
    }
    template <class type>
    static bool negative(const type&) {
        return false;
    }
    template <class type>
    static ap_uint<1> shift(const type&) {
        return 0;
    }
    template <class type>
    static normal_form<w> normal(const type& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        const ap_uint<w> number = raw(x);
        const bool negative = s && number[w - 1];
        return normalised(negative, negated_if(negative, number), i - 1);
    }
};

template <int w>
struct part_operand : fixed_operand<w, w, false> {};
template <>
struct part_operand<0> {
    static const bool known = false, exact = false, ours = false;
};

// What operators know of a type. `exact`: its values are (-1)^negative * coefficient * 2^(shift + lsb), and all of them
// are values of ap_fixed<integer - lsb, integer>.
template <class type>
struct operand : part_operand<part<type>::width> {};

template <int w, int i, bool s, ap_q_mode q, ap_o_mode o, int n>
struct operand<ap_fixed_base<w, i, s, q, o, n> > : fixed_operand<w, i, s> {};
template <int w, int i, ap_q_mode q, ap_o_mode o, int n>
struct operand<ap_fixed<w, i, q, o, n> > : fixed_operand<w, i, true> {};
template <int w, int i, ap_q_mode q, ap_o_mode o, int n>
struct operand<ap_ufixed<w, i, q, o, n> > : fixed_operand<w, i, false> {};
template <int w, bool s>
struct operand<ap_int_base<w, s> > : fixed_operand<w, w, s> {};
template <int w>
struct operand<ap_int<w> > : fixed_operand<w, w, true> {};
template <int w>
struct operand<ap_uint<w> > : fixed_operand<w, w, false> {};

#define AP_MINIFLOAT_OPERAND(type, is_signed) \
    template <>                           \
    struct operand<type> : fixed_operand<8 * sizeof(type), 8 * sizeof(type), is_signed> {};
AP_MINIFLOAT_INTEGERS(AP_MINIFLOAT_OPERAND)
#undef AP_MINIFLOAT_OPERAND

template <int m, int e, int e0>
struct operand<ap_minifloat<m, e, e0> > {
    typedef ap_minifloat<m, e, e0> format;
    static const bool known = true, exact = true, ours = true;
    static const int bits = m + 2, lsb = format::emin - m, integer = format::emax + 2, normal_bits = m + 1;

    static ap_int<bits> coefficient(const format& x) { return x.significand(); }
    static bool negative(const format& x) { return x.negative(); }
    static ap_uint<e> shift(const format& x) { return x.shift(); }
    static normal_form<m + 1> normal(const format& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        return normalised(x.negative(), x.significand(), int(x.shift()) + format::emin);
    }
};

template <class type>
struct ieee_operand {
    static const bool known = true, exact = false, ours = false;
    static const int m = ieee<type>::m, e = ieee<type>::e, normal_bits = m + 1;

    static normal_form<m + 1> normal(type x) {
        AP_MINIFLOAT_HLS(HLS inline)
        typedef ap_minifloat<m, e, 1> format;
        const format number = format::from_bits(ieee_bits(x));
        normal_form<m + 1> result = operand<format>::normal(number);
        if (number.exponent_field() == ~ap_uint<e>(0)) {
            result.nan = any_below<m>(number.bits());
            result.exponent = far_away;
        }
        return result;
    }
};
template <>
struct operand<double> : ieee_operand<double> {};
template <>
struct operand<float> : ieee_operand<float> {};

// Comparison ----------------------------------------------------------------------------------------------------------

template <int n, int n2>
inline bool equal(const normal_form<n>& a, const normal_form<n2>& b) {
    AP_MINIFLOAT_HLS(HLS inline)
    const int wide = larger(n, n2);
    const bool same = moved<wide, wide - n>(a.significand) == moved<wide, wide - n2>(b.significand);
    return !a.nan && !b.nan && a.negative == b.negative && a.exponent == b.exponent && same;
}

template <int n, int n2>
inline bool less(const normal_form<n>& a, const normal_form<n2>& b) {
    AP_MINIFLOAT_HLS(HLS inline)
    const int wide = larger(n, n2);
    const ap_uint<wide> p = moved<wide, wide - n>(a.significand), q = moved<wide, wide - n2>(b.significand);
    const bool nearer = a.exponent < b.exponent || (a.exponent == b.exponent && p < q);
    const bool farther = a.exponent > b.exponent || (a.exponent == b.exponent && p > q);
    if (a.nan || b.nan) return false;
    return a.negative != b.negative ? a.negative : a.negative ? farther : nearer;
}

template <class a, class b>
inline bool equal(const a& x, const b& y) {
    AP_MINIFLOAT_HLS(HLS inline)
    return equal(operand<a>::normal(x), operand<b>::normal(y));
}

template <class a, class b>
inline bool less(const a& x, const b& y) {
    AP_MINIFLOAT_HLS(HLS inline)
    return less(operand<a>::normal(x), operand<b>::normal(y));
}

// Within one format the bits are in order: no shifter.
template <int m, int e, int e0>
inline bool equal(const ap_minifloat<m, e, e0>& x, const ap_minifloat<m, e, e0>& y) {
    AP_MINIFLOAT_HLS(HLS inline)
    return x.ordered() == y.ordered();
}

template <int m, int e, int e0>
inline bool less(const ap_minifloat<m, e, e0>& x, const ap_minifloat<m, e, e0>& y) {
    AP_MINIFLOAT_HLS(HLS inline)
    return x.ordered() < y.ordered();
}

template <class a, class b>
struct comparison : only_if<operand<a>::known && operand<b>::known && (operand<a>::ours || operand<b>::ours), bool> {};

// Sums and products ---------------------------------------------------------------------------------------------------

template <class type>
inline ap_int<operand<type>::bits> signed_coefficient(const type& x) {
    AP_MINIFLOAT_HLS(HLS inline)
    const ap_uint<operand<type>::bits> coefficient = operand<type>::coefficient(x);
    return negated_if(operand<type>::negative(x), coefficient);
}

// The bits of an operand as a number of `w` bits that counts in 2^lsb.
template <int w, int lsb, class type>
inline ap_uint<w> placed(const type& x) {
    AP_MINIFLOAT_HLS(HLS inline)
    const ap_uint<w> extended = signed_coefficient(x);
    return moved<w, operand<type>::lsb - lsb>(extended) << operand<type>::shift(x);
}

template <class result, int w>
inline result from_raw(const ap_uint<w>& bits) {
    AP_MINIFLOAT_HLS(HLS inline)
    result number;
    number.range() = bits;
    return number;
}

template <class a, class b,
          bool enabled = operand<a>::exact && operand<b>::exact && (operand<a>::ours || operand<b>::ours)>
struct exact {};
template <class a, class b>
struct exact<a, b, true> {
    static const int sum_lsb = smaller(operand<a>::lsb, operand<b>::lsb);
    static const int sum_integer = larger(operand<a>::integer, operand<b>::integer) + 1;
    static const int sum_width = sum_integer - sum_lsb;
    typedef ap_fixed<sum_width, sum_integer> sum;

    // a value of ap_minifloat is never the most negative one of its fixed-point type: this saves a bit
    static const int product_lsb = operand<a>::lsb + operand<b>::lsb;
    static const int product_integer = operand<a>::integer + operand<b>::integer - 1;
    static const int product_width = product_integer - product_lsb;
    typedef ap_fixed<product_width, product_integer> product;
};

#define AP_MINIFLOAT_FITS(width)                                                                                      \
    static_assert((width) <= AP_INT_MAX_W, "the exact result has more bits than AP_INT_MAX_W: define that macro " \
                                           "as more before the first #include of ap_fixed.h or ap_int.h")

}  // namespace ap_minifloat_detail

// A float of 1 + E + M bits, without infinity and NaN; in Python `MinifloatQ(M, E, E0)`.
//
// The exponent field c means the exponent c - 2^(E-1) + E0. c > 0 is (-1)^sign * (1 + mantissa / 2^M) * 2^exponent;
// c = 0 is subnormal, (-1)^sign * (mantissa / 2^M) * 2^(exponent + 1). The largest value is that of all ones.
// OCP's FP4 E2M1, FP6 E2M3 and FP6 E3M2 are ap_minifloat<1, 2, 1>, ap_minifloat<3, 2, 1> and ap_minifloat<2, 3, 1>.
//
// Conversion from any number rounds once, to nearest, ties to even, and saturates, infinity too. A zero keeps the sign
// of what became it; -0 == 0. NaN has no code and becomes 0. Without a value the constructor leaves the bits open, as
// that of ap_fixed does.
// Sums, differences and products with ap_minifloat, ap_fixed, ap_int and integers are exact: an ap_fixed as wide as needed.
// +=, -= and *= on an ap_fixed round and overflow once, in its own modes.
template <int m, int e, int e0>
struct ap_minifloat {
    static_assert(0 <= m && m <= 52, "ap_minifloat<M, E, E0>: M, the bits of the mantissa, must be 0 to 52");
    static_assert(1 <= e && e <= 11, "ap_minifloat<M, E, E0>: E, the bits of the exponent, must be 1 to 11");
    static_assert(-4096 <= e0 && e0 <= 4096, "ap_minifloat<M, E, E0>: E0, the exponent's zero, must be -4096 to 4096");

    static const int width = 1 + e + m;
    static const int emin = 1 - (1 << (e - 1)) + e0;  // of the smallest normal value and of the subnormals
    static const int emax = (1 << (e - 1)) - 1 + e0;  // of the largest value
    static const int fixed_width = (1 << e) + m;
    typedef ap_fixed<fixed_width, emax + 2> fixed_type;  // holds every value

    ap_minifloat() {}

    template <int w, int i, bool s, ap_q_mode q, ap_o_mode o, int n>
    ap_minifloat(const ap_fixed_base<w, i, s, q, o, n>& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        set_fixed<i, s>(ap_minifloat_detail::raw(x));
    }
    template <int w, bool s>
    ap_minifloat(const ap_int_base<w, s>& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        set_fixed<w, s>(ap_minifloat_detail::raw(x));
    }
#define AP_MINIFLOAT_CONSTRUCTOR(type, is_signed)                                \
    ap_minifloat(type x) {                                                       \
        AP_MINIFLOAT_HLS(HLS inline)                                             \
        set_fixed<8 * sizeof(type), is_signed>(ap_minifloat_detail::raw(x));     \
    }
    AP_MINIFLOAT_INTEGERS(AP_MINIFLOAT_CONSTRUCTOR)
#undef AP_MINIFLOAT_CONSTRUCTOR
    template <int m2, int e2, int e02>
    ap_minifloat(const ap_minifloat<m2, e2, e02>& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        set(x.negative(), ap_minifloat_detail::from_float<m, e, e0>(x));
    }
    ap_minifloat(double x) {
        AP_MINIFLOAT_HLS(HLS inline)
        set_ieee<double>(ap_minifloat_detail::ieee_bits(x));
    }
    ap_minifloat(float x) {
        AP_MINIFLOAT_HLS(HLS inline)
        set_ieee<float>(ap_minifloat_detail::ieee_bits(x));
    }

    template <class type>
    ap_minifloat(const type& x, typename ap_minifloat_detail::only_if<(ap_minifloat_detail::part<type>::width > 0)>::type* = 0) {
        AP_MINIFLOAT_HLS(HLS inline)
        set_fixed<ap_minifloat_detail::part<type>::width, false>(ap_minifloat_detail::raw(x));
    }

    // The raw bits: sign, exponent field, mantissa.
    ap_uint<width> bits() const { return code; }
    static ap_minifloat from_bits(const ap_uint<width>& bits) {
        AP_MINIFLOAT_HLS(HLS inline)
        ap_minifloat result;
        result.code = bits;
        return result;
    }

    bool negative() const { return code[width - 1]; }
    ap_uint<e> exponent_field() const { return code >> m; }

    // The magnitude is significand() * 2^(shift() + emin - M).
    ap_uint<m + 1> significand() const {
        AP_MINIFLOAT_HLS(HLS inline)
        ap_uint<m + 1> result = code;
        result[m] = exponent_field() != 0;
        return result;
    }
    ap_uint<e> shift() const {
        AP_MINIFLOAT_HLS(HLS inline)
        const ap_uint<e> field = exponent_field();
        return field == 0 ? ap_uint<e>(0) : ap_uint<e>(field - 1);
    }

    // An integer that is in order as the values are, the same for both zeros.
    ap_int<width> ordered() const {
        AP_MINIFLOAT_HLS(HLS inline)
        ap_uint<width> magnitude = code;
        magnitude[width - 1] = 0;
        return ap_minifloat_detail::negated_if(negative(), magnitude);
    }

    // Exact.
    fixed_type to_ap_fixed() const {
        AP_MINIFLOAT_HLS(HLS inline)
        AP_MINIFLOAT_FITS(fixed_width);
        return ap_minifloat_detail::from_raw<fixed_type>(ap_minifloat_detail::placed<fixed_width, emin - m>(*this));
    }
    // Exact wherever double or float has the value; else rounded once, to nearest even, infinity beyond the largest.
    double to_double() const {
        AP_MINIFLOAT_HLS(HLS inline)
        return to_ieee<double>();
    }
    float to_float() const {
        AP_MINIFLOAT_HLS(HLS inline)
        return to_ieee<float>();
    }

    explicit operator double() const { return to_double(); }
    explicit operator float() const { return to_float(); }
    // In the modes of the target.
    template <int w, int i, ap_q_mode q, ap_o_mode o, int n>
    explicit operator ap_fixed<w, i, q, o, n>() const {
        return to_ap_fixed();
    }
    template <int w, int i, ap_q_mode q, ap_o_mode o, int n>
    explicit operator ap_ufixed<w, i, q, o, n>() const {
        return to_ap_fixed();
    }

    ap_minifloat operator+() const { return *this; }
    ap_minifloat operator-() const {
        AP_MINIFLOAT_HLS(HLS inline)
        ap_minifloat result = *this;
        result.code[width - 1] = !negative();
        return result;
    }

private:
    ap_uint<width> code;

    void set(bool negative, const ap_uint<e + m>& magnitude) {
        AP_MINIFLOAT_HLS(HLS inline)
        code = magnitude;
        code[width - 1] = negative;
    }

    template <int i, bool s, int w>
    void set_fixed(const ap_uint<w>& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        const bool negative = s && x[w - 1];
        set(negative, ap_minifloat_detail::from_magnitude<m, e, e0, i>(ap_minifloat_detail::negated_if(negative, x)));
    }

    template <class type, int w>
    void set_ieee(const ap_uint<w>& x) {
        AP_MINIFLOAT_HLS(HLS inline)
        typedef ap_minifloat_detail::ieee<type> format;
        const ap_minifloat<format::m, format::e, 1> number = ap_minifloat<format::m, format::e, 1>::from_bits(x);
        const ap_uint<e + m> largest = ~ap_uint<e + m>(0);
        const bool special = number.exponent_field() == ~ap_uint<format::e>(0);
        if (special && ap_minifloat_detail::any_below<format::m>(x))
            code = 0;
        else
            set(number.negative(), special ? largest : ap_minifloat_detail::from_float<m, e, e0>(number));
    }

    template <class type>
    type to_ieee() const {
        AP_MINIFLOAT_HLS(HLS inline)
        typedef ap_minifloat_detail::ieee<type> format;
        const ap_uint<format::e> infinity = ~ap_uint<format::e>(0);
        ap_minifloat<format::m, format::e, 1> number = *this;
        if (number.exponent_field() == infinity)
            number = number.from_bits((number.bits() >> format::m) << format::m);
        ap_minifloat_detail::bit_cast<type> cast;
        cast.bits = number.bits();
        return cast.number;
    }
};

// C++11 wants them where a program takes their address, as std::max does.
template <int m, int e, int e0>
const int ap_minifloat<m, e, e0>::width;
template <int m, int e, int e0>
const int ap_minifloat<m, e, e0>::emin;
template <int m, int e, int e0>
const int ap_minifloat<m, e, e0>::emax;
template <int m, int e, int e0>
const int ap_minifloat<m, e, e0>::fixed_width;

template <class a, class b>
inline typename ap_minifloat_detail::exact<a, b>::sum operator+(const a& x, const b& y) {
    AP_MINIFLOAT_HLS(HLS inline)
    typedef ap_minifloat_detail::exact<a, b> exact;
    AP_MINIFLOAT_FITS(exact::sum_width);
    const ap_uint<exact::sum_width> p = ap_minifloat_detail::placed<exact::sum_width, exact::sum_lsb>(x);
    const ap_uint<exact::sum_width> q = ap_minifloat_detail::placed<exact::sum_width, exact::sum_lsb>(y);
    return ap_minifloat_detail::from_raw<typename exact::sum>(ap_uint<exact::sum_width>(p + q));
}

template <class a, class b>
inline typename ap_minifloat_detail::exact<a, b>::sum operator-(const a& x, const b& y) {
    AP_MINIFLOAT_HLS(HLS inline)
    typedef ap_minifloat_detail::exact<a, b> exact;
    AP_MINIFLOAT_FITS(exact::sum_width);
    const ap_uint<exact::sum_width> p = ap_minifloat_detail::placed<exact::sum_width, exact::sum_lsb>(x);
    const ap_uint<exact::sum_width> q = ap_minifloat_detail::placed<exact::sum_width, exact::sum_lsb>(y);
    return ap_minifloat_detail::from_raw<typename exact::sum>(ap_uint<exact::sum_width>(p - q));
}

// A multiplier for the significands, then one shifter.
template <class a, class b>
inline typename ap_minifloat_detail::exact<a, b>::product operator*(const a& x, const b& y) {
    AP_MINIFLOAT_HLS(HLS inline)
    typedef ap_minifloat_detail::exact<a, b> exact;
    typedef ap_minifloat_detail::operand<a> left;
    typedef ap_minifloat_detail::operand<b> right;
    AP_MINIFLOAT_FITS(exact::product_width);
    const ap_uint<left::bits + right::bits> magnitude = left::coefficient(x) * right::coefficient(y);
    const bool negative = left::negative(x) != right::negative(y);
    const ap_int<left::bits + right::bits> product = ap_minifloat_detail::negated_if(negative, magnitude);
    const ap_uint<exact::product_width> extended = product;
    return ap_minifloat_detail::from_raw<typename exact::product>(
        ap_uint<exact::product_width>(extended << (left::shift(x) + right::shift(y))));
}

#define AP_MINIFLOAT_ASSIGN(symbol)                                                                                    \
    template <int w, int i, bool s, ap_q_mode q, ap_o_mode o, int n, int m, int e, int e0>                         \
    inline ap_fixed_base<w, i, s, q, o, n>& operator symbol##=(ap_fixed_base<w, i, s, q, o, n>& x,                 \
                                                               const ap_minifloat<m, e, e0>& y) {                      \
        AP_MINIFLOAT_HLS(HLS inline)                                                                                   \
        return x = x symbol y;                                                                                     \
    }
AP_MINIFLOAT_ASSIGN(+)
AP_MINIFLOAT_ASSIGN(-)
AP_MINIFLOAT_ASSIGN(*)
#undef AP_MINIFLOAT_ASSIGN

#define AP_MINIFLOAT_COMPARE(symbol, truth)                                                          \
    template <class a, class b>                                                                  \
    inline typename ap_minifloat_detail::comparison<a, b>::type operator symbol(const a& x, const b& y) { \
        AP_MINIFLOAT_HLS(HLS inline)                                                                 \
        return truth;                                                                            \
    }
AP_MINIFLOAT_COMPARE(==, ap_minifloat_detail::equal(x, y))
AP_MINIFLOAT_COMPARE(!=, !ap_minifloat_detail::equal(x, y))
AP_MINIFLOAT_COMPARE(<, ap_minifloat_detail::less(x, y))
AP_MINIFLOAT_COMPARE(<=, ap_minifloat_detail::less(x, y) || ap_minifloat_detail::equal(x, y))
AP_MINIFLOAT_COMPARE(>, ap_minifloat_detail::less(y, x))
AP_MINIFLOAT_COMPARE(>=, ap_minifloat_detail::less(y, x) || ap_minifloat_detail::equal(x, y))
#undef AP_MINIFLOAT_COMPARE

#ifndef __SYNTHESIS__
template <int m, int e, int e0>
inline std::ostream& operator<<(std::ostream& out, const ap_minifloat<m, e, e0>& x) {
    return out << x.to_double();
}
// A double, which is rounded.
template <int m, int e, int e0>
inline std::istream& operator>>(std::istream& in, ap_minifloat<m, e, e0>& x) {
    double number;
    if (in >> number) x = number;
    return in;
}
#endif

#endif  // AP_MINIFLOAT_H
