// One bit: `a` is a number, `b` the bit. Ternary numbers too.

#include <ap_binary.h>

#include "check.h"

enum function { FROM_DOUBLE, FROM_SINGLE, FROM_FIXED, FROM_UFIXED, FROM_SMALL, FROM_INT, FROM_UINT, FROM_CHAR,
                FROM_FLOAT, TERNARY, TIMES_FIXED, FIXED_TIMES, TIMES_UFIXED, TIMES_SMALL, TIMES_INT, INT_TIMES,
                TIMES_UINT, TIMES_CHAR, TIMES_FLOAT, FLOAT_TIMES, TIMES_BINARY, NEGATED, TO_INT, TO_DOUBLE,
                COMPARED, COMPARED_FIXED, COMPARED_INT, INT_COMPARED };

typedef ap_fixed<8, 3> fixed_t;
typedef ap_ufixed<8, 3> ufixed_t;
typedef ap_fixed<8, -2> small_t;
typedef ap_minifloat<4, 3, 1> float_t_;

template <int w>
void put(const ap_int<w>& x, word* out) {
    put(ap_fixed<w, w>(x), out);
}

inline void put(const ap_binary& x, word* out) { put(x.bits().to_uint64(), out); }
inline void put(const float_t_& x, word* out) { put(x.bits().to_uint64(), out); }

extern "C" int run(int, int function, const word* a, const word* b, std::int64_t n, word* out) {
    for (std::int64_t j = 0; j < n; ++j, a += 2, b += 2, out += 2) {
        const ap_binary y = ap_binary::from_bits(b[0]);
        const float_t_ x = float_t_::from_bits(a[0]);
        const ap_int<8> whole = ap_uint<8>(a[0]);
        const ap_uint<8> natural = a[0];
        const signed char letter = static_cast<signed char>(a[0]);
        switch (function) {
            case FROM_DOUBLE: put(ap_binary(as_double(a[0])), out); break;
            case FROM_SINGLE: put(ap_binary(as_float(a[0])), out); break;
            case FROM_FIXED: put(ap_binary(fixed<fixed_t>(a)), out); break;
            case FROM_UFIXED: put(ap_binary(fixed<ufixed_t>(a)), out); break;
            case FROM_SMALL: put(ap_binary(fixed<small_t>(a)), out); break;
            case FROM_INT: put(ap_binary(whole), out); break;
            case FROM_UINT: put(ap_binary(natural), out); break;
            case FROM_CHAR: put(ap_binary(letter), out); break;
            case FROM_FLOAT: put(ap_binary(x), out); break;
            case TERNARY: put(ap_fixed<2, 2>(ap_ternary(as_double(a[0]))), out); break;
            case TIMES_FIXED: put(y * fixed<fixed_t>(a), out); break;
            case FIXED_TIMES: put(fixed<fixed_t>(a) * y, out); break;
            case TIMES_UFIXED: put(y * fixed<ufixed_t>(a), out); break;
            case TIMES_SMALL: put(y * fixed<small_t>(a), out); break;
            case TIMES_INT: put(y * whole, out); break;
            case INT_TIMES: put(whole * y, out); break;
            case TIMES_UINT: put(y * natural, out); break;
            case TIMES_CHAR: put(y * letter, out); break;
            case TIMES_FLOAT: put(y * x, out); break;
            case FLOAT_TIMES: put(x * y, out); break;
            case TIMES_BINARY: put(y * ap_binary::from_bits(a[0]), out); break;
            case NEGATED: put(-y, out); break;
            case TO_INT: put(word(y.to_int()), out); break;
            case TO_DOUBLE: put(as_word(y.to_double()), out); break;
            case COMPARED: put(comparisons(y, ap_binary::from_bits(a[0])), out); break;
            case COMPARED_FIXED: put(comparisons(y, fixed<fixed_t>(a)), out); break;
            case COMPARED_INT: put(comparisons(y, letter), out); break;
            case INT_COMPARED: put(comparisons(letter, y), out); break;
            default: return -1;
        }
    }
    return 0;
}
