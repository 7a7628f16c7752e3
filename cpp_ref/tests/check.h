// How Python calls the checks: numbers are pairs of 64-bit words, the lower one first.

#ifndef CHECK_H
#define CHECK_H

#include <ap_fixed.h>

#include <cstdint>
#include <cstdio>
#include <vector>

typedef std::uint64_t word;

// Each source defines it for its own FORMATS; -1 where there is no such format.
extern "C" int run(int format, int function, const word* a, const word* b, std::int64_t n, word* out);

union number_cast {
    word bits;
    double number;
};

inline double as_double(word bits) {
    number_cast cast;
    cast.bits = bits;
    return cast.number;
}

inline word as_word(double number) {
    number_cast cast;
    cast.number = number;
    return cast.bits;
}

inline float as_float(word bits) {
    union {
        std::uint32_t bits;
        float number;
    } cast;
    cast.bits = static_cast<std::uint32_t>(bits);
    return cast.number;
}

inline word float_word(float number) {
    union {
        std::uint32_t bits;
        float number;
    } cast;
    cast.number = number;
    return cast.bits;
}

template <class type>
type fixed(const word* words) {
    const ap_uint<128> both = (ap_uint<128>(words[1]) << 64) | ap_uint<128>(words[0]);
    type x = 0.0;
    x.range() = ap_uint<type::width>(both);
    return x;
}

inline void put(word bits, word* out) {
    out[0] = bits;
    out[1] = 0;
}

template <int w, int i>
void put(const ap_fixed<w, i>& x, word* out) {
    const ap_int<w> raw = ap_uint<w>(x.range());
    const ap_int<128> both = raw;
    out[0] = both.to_uint64();
    out[1] = ap_int<128>(both >> 64).to_uint64();
}

template <int w, int i>
void put_shape(const ap_fixed<w, i>&, word* out) {
    out[0] = w;
    out[1] = word(i);
}

template <class a, class b>
word comparisons(const a& x, const b& y) {
    return word(x == y) | word(x != y) << 1 | word(x < y) << 2 | word(x <= y) << 3 | word(x > y) << 4 |
           word(x >= y) << 5;
}

// As a program: requests from standard input, answers to standard output.
#ifdef PROGRAM
int main() {
    std::int64_t request[4];
    while (std::fread(request, sizeof request, 1, stdin) == 1) {
        const std::size_t n = std::size_t(request[2]);
        std::vector<word> a(2 * n), b(2 * n), out(2 * std::size_t(request[3]));
        if (std::fread(a.data(), 16, n, stdin) != n || std::fread(b.data(), 16, n, stdin) != n) return 1;
        if (run(int(request[0]), int(request[1]), a.data(), b.data(), request[2], out.data())) return 2;
        std::fwrite(out.data(), 16, out.size() / 2, stdout);
    }
    return 0;
}
#endif

#endif
