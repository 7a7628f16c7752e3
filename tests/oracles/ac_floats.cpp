// Converts doubles to the raw bits, or the values, of Algorithmic C's floats, by its own headers.
// Those of a whole mantissa are ac_std_float and its IEEE forms; ac_float's mantissa is in two's complement.
#include <cstdint>
#include <cstring>

#include <ac_float.h>
#include <ac_std_float.h>

template <class T>
static std::uint64_t bits(const T &value) { return value.data_ac_int().to_uint64(); }

#define STD_FLOAT(W, E, Q) \
    extern "C" void std_float_##W##_##E##_##Q(const double *x, std::int64_t count, std::uint64_t *to) { \
        for (std::int64_t j = 0; j < count; ++j) \
            to[j] = bits(ac_ieee_float<binary64>(x[j]).to_ac_std_float().convert<W, E, AC_##Q>()); \
    }
#define OF_DOUBLE(NAME, TYPE) \
    extern "C" void NAME(const double *x, std::int64_t count, std::uint64_t *to) { \
        for (std::int64_t j = 0; j < count; ++j) to[j] = bits(TYPE(x[j])); \
    }
#define OF_FLOAT(NAME, TYPE) \
    extern "C" void NAME(const double *x, std::int64_t count, std::uint64_t *to) { \
        for (std::int64_t j = 0; j < count; ++j) to[j] = bits(TYPE(static_cast<float>(x[j]))); \
    }
#define AC_FLOAT(W, I, E, Q) \
    extern "C" void float_##W##_##I##_##E##_##Q(const double *x, std::int64_t count, double *to) { \
        for (std::int64_t j = 0; j < count; ++j) to[j] = ac_float<W, I, E, AC_##Q>(x[j]).to_double(); \
    }
FUNCTIONS
