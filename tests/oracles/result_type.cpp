// What the vendor's own templates say of results. The build passes -DTYPES="TYPE(A, ap_fixed<8, 3>) ...", and
// -DPAIRS="PAIR(A, B) ...", of which main prints the types, and -DDOTS="DOT(0, X, Y, WEIGHT, BIAS, LAST, FIRST) ...",
// which main computes from the raw bits on its standard input.
#include <cstdint>
#include <cstdio>

#include <ap_fixed.h>

namespace {

#define TYPE(name, ...) using name = __VA_ARGS__;
TYPES
#undef TYPE

template <int W, int I, bool S, ap_q_mode Q, ap_o_mode O, int N>
ap_fixed_base<W, I, S, Q, O, N> base_of(const ap_fixed_base<W, I, S, Q, O, N> &);
template <class T>
using Base = decltype(base_of(*static_cast<T *>(nullptr)));

template <class T>
struct Shape;
template <int W, int I, bool S, ap_q_mode Q, ap_o_mode O, int N>
struct Shape<ap_fixed_base<W, I, S, Q, O, N>> {
    template <class B>
    struct With;
    template <int W2, int I2, bool S2, ap_q_mode Q2, ap_o_mode O2, int N2>
    struct With<ap_fixed_base<W2, I2, S2, Q2, O2, N2>> {
        using R = typename ap_fixed_base<W, I, S, Q, O, N>::template RType<W2, I2, S2>;
    };
    static void print() { std::printf("%d %d %d %d %d %d\n", W, I, int(S), int(Q), int(O), N); }
};

template <class A, class B>
void print_pair() {
    using R = typename Shape<Base<A>>::template With<Base<B>>::R;
    Shape<typename R::plus_base>::print();
    Shape<typename R::minus_base>::print();
    Shape<typename R::mult_base>::print();
    Shape<typename R::div_base>::print();
    Shape<Base<decltype(A() + B())>>::print();
    Shape<Base<decltype(A() - B())>>::print();
    Shape<Base<decltype(A() * B())>>::print();
    Shape<Base<decltype(A() / B())>>::print();
    Shape<Base<decltype(-A())>>::print();
}

template <class T>
T next() {
    unsigned long long bits = 0;
    if (std::scanf("%llu", &bits) != 1) bits = 0;
    T value;
    value.range(T::width - 1, 0) = ap_uint<T::width>(bits);
    return value;
}

// `bias + sum(weight * term)`: terms of even index are of the type X, the others of Y. Once the bias is added last, once it
// comes first.
template <class X, class Y, class Weight, class Bias, class Last, class First>
void dot(int n) {
    const Bias bias = next<Bias>();
    Last last = 0;
    First first = bias;
    const auto add = [&](const auto &product) {
        last += product;
        first += product;
    };
    for (int j = 0; j < n; ++j) {
        const Weight weight = next<Weight>();
        if (j % 2)
            add(weight * next<Y>());
        else
            add(weight * next<X>());
    }
    last += bias;
    std::printf("%lld %lld\n", static_cast<long long>(last.V.to_int64()), static_cast<long long>(first.V.to_int64()));
}

}  // namespace

int main() {
#define PAIR(A, B) print_pair<A, B>();
    PAIRS
    for (int which = 0, n = 0; std::scanf("%d %d", &which, &n) == 2;) {
#define DOT(index, ...) \
    if (which == index) dot<__VA_ARGS__>(n);
        DOTS
    }
}
