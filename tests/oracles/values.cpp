// What the vendor's own operators give. The build passes -DTYPES="TYPE(A, ap_fixed<8, 3>) ...", -DPAIRS="PAIR(0, A, B) ...",
// -DSHIFTS="SHIFT(0, A) ..." and -DCASTS="CAST(0, A, B) ...". main reads requests of four integers of 64 bits from its standard
// input: what to do (0 a pair, 1 a shift, 2 a cast), which one, and the raw bits of two operands; and writes results of
// three words each, their sign in the upper bits.
#include <cstdint>
#include <cstdio>

#include <ap_fixed.h>

namespace {

#define TYPE(name, ...) using name = __VA_ARGS__;
TYPES
#undef TYPE

void write(std::uint64_t word) { std::fwrite(&word, sizeof word, 1, stdout); }

template <int W, bool S>
void words(const ap_int_base<W, S> &value) {
    const ap_int<192> wide = value;
    for (int j = 0; j < 3; ++j) write(wide.range(64 * j + 63, 64 * j).to_uint64());
}

template <int W, int I, bool S, ap_q_mode Q, ap_o_mode O, int N>
void words(const ap_fixed_base<W, I, S, Q, O, N> &value) {
    ap_int_base<W, S> code;
    code.V = value.V;
    words(code);
}

template <class T>
T made(std::int64_t bits) {
    T value;
    value.V = bits;
    return value;
}

// the code of `a`, times 2^up
template <int up, int W, int I, bool S, ap_q_mode Q, ap_o_mode O, int N>
ap_int_base<W + up, S> code(const ap_fixed_base<W, I, S, Q, O, N> &a) {
    ap_int_base<W + up, S> result;
    result.V = a.V;
    result <<= up;
    return result;
}

template <class A, class B>
void pair(A a, B b) {
    enum { fa = A::width - A::iwidth, fb = B::width - B::iwidth, f = AP_MAX(int(fa), int(fb)) };
    words(a + b);
    words(a - b);
    words(a * b);
    write(a < b);
    write(a <= b);
    write(a > b);
    write(a >= b);
    write(a == b);
    write(a != b);
    if (b == B(0)) return;
    words(a / b);
    words(code<f - fa>(a) % code<f - fb>(b));
}

template <class A>
void shift(A a, int n) {
    words(a << n);
    words(a >> n);
    words(-a);
}

}  // namespace

int main() {
    std::int64_t request[4];
    while (std::fread(request, sizeof request, 1, stdin) == 1) {
#define PAIR(index, A, B) \
    if (request[0] == 0 && request[1] == index) pair(made<A>(request[2]), made<B>(request[3]));
        PAIRS
#define SHIFT(index, A) \
    if (request[0] == 1 && request[1] == index) shift(made<A>(request[2]), int(request[3]));
        SHIFTS
#define CAST(index, A, B) \
    if (request[0] == 2 && request[1] == index) words(B(made<A>(request[2])));
        CASTS
    }
}
