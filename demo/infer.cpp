// The digits network in fixed point: reads float32 images from a file, prints the raw bits of every output.
#include <cstdio>

#include "digits.h"

// Wide enough for every sum of products below: nothing is lost before the result is assigned to the output's type.
typedef ap_fixed<48, 20> sum_t;

template <class In, class Weight, class Bias, class Out, int N, int M>
void dense(const In (&x)[N], const Weight (&weight)[N][M], const Bias (&bias)[M], Out (&y)[M]) {
    for (int j = 0; j < M; j++) {
        sum_t sum = bias[j];
        for (int i = 0; i < N; i++) sum += x[i] * weight[i][j];
        y[j] = sum;
    }
}

int main(int, char **argv) {
    std::FILE *images = argv[1] ? std::fopen(argv[1], "rb") : nullptr;
    if (!images) return std::fputs("usage: infer IMAGES\n", stderr), 2;
    float pixels[64];
    while (std::fread(pixels, sizeof pixels, 1, images) == 1) {
        input_t x[64];
        dense1_output_t hidden[32];
        dense2_output_t y[10];
        for (int i = 0; i < 64; i++) x[i] = pixels[i];
        dense(x, dense1_weight, dense1_bias, hidden);  // an unsigned type that saturates at 0 is the ReLU
        dense(hidden, dense2_weight, dense2_bias, y);
        for (auto &output : y) std::printf("%llu\n", static_cast<unsigned long long>(output.range().to_uint64()));
    }
    return 0;
}
