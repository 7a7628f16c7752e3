// All that small formats do. FORMATS is a list of FORMAT(number, M, E, E0); ALL adds what is compiled for some of them.

#include <ap_minifloat.h>

#include "check.h"

enum function { FROM_DOUBLE, FROM_FIXED, SHAPES, TIMES_FIXED, PLUS_FIXED, TO_DOUBLE, TO_FIXED,
                FIXED_TIMES, FIXED_PLUS, MINUS_FIXED, FIXED_MINUS, TIMES, PLUS, MINUS, NEGATED,
                COMPARED, COMPARED_FIXED, FIXED_COMPARED, COMPARED_DOUBLE };

typedef ap_fixed<40, 20> wide_t;
typedef ap_fixed<12, 5> narrow_t;

template <int m, int e, int e0>
int run_format(int function, const word* a, const word* b, std::int64_t n, word* out) {
    typedef ap_minifloat<m, e, e0> format;
    if (function == SHAPES) {
        const format x = 0;
        const narrow_t f = 0;
        put_shape(x * f, out);
        put_shape(x + f, out + 2);
#ifdef ALL
        put_shape(x.to_ap_fixed(), out + 4);
        put_shape(f - x, out + 6);
        put_shape(x * x, out + 8);
        put_shape(x - x, out + 10);
#endif
        return 0;
    }
    for (std::int64_t j = 0; j < n; ++j, a += 2, b += 2, out += 2) {
        const format x = format::from_bits(a[0]);
        const narrow_t f = fixed<narrow_t>(b);
        switch (function) {
            case FROM_DOUBLE: put(format(as_double(a[0])).bits().to_uint64(), out); break;
            case FROM_FIXED: put(format(fixed<wide_t>(a)).bits().to_uint64(), out); break;
            case TIMES_FIXED: put(x * f, out); break;
            case PLUS_FIXED: put(x + f, out); break;
#ifdef ALL
            case TO_DOUBLE: put(as_word(x.to_double()), out); break;
            case TO_FIXED: put(x.to_ap_fixed(), out); break;
            case FIXED_TIMES: put(f * x, out); break;
            case FIXED_PLUS: put(f + x, out); break;
            case MINUS_FIXED: put(x - f, out); break;
            case FIXED_MINUS: put(f - x, out); break;
            case TIMES: put(x * format::from_bits(b[0]), out); break;
            case PLUS: put(x + format::from_bits(b[0]), out); break;
            case MINUS: put(x - format::from_bits(b[0]), out); break;
            case NEGATED: put((-x).bits().to_uint64(), out); break;
            case COMPARED: put(comparisons(x, format::from_bits(b[0])), out); break;
            case COMPARED_FIXED: put(comparisons(x, f), out); break;
            case FIXED_COMPARED: put(comparisons(f, x), out); break;
            case COMPARED_DOUBLE: put(comparisons(x, as_double(b[0])), out); break;
#endif
            default: return -1;
        }
    }
    return 0;
}

extern "C" int run(int format, int function, const word* a, const word* b, std::int64_t n, word* out) {
    switch (format) {
#define FORMAT(number, M, E, E0) \
        case number: return run_format<M, E, E0>(function, a, b, n, out);
        FORMATS
    }
    return -1;
}
