// Column-major float64 routines in plain loops, called by the stand-ins of cuBLAS and cuSOLVER, and
// the check of an operand's memory that both need.
#pragma once

#include <cmath>

#include "sim.h"

namespace cudasim {

using Index = int64_t;

/** Says what is wrong and returns IllegalAddress unless a rows x columns operand is device memory.
 */
inline Result checkMatrix(const char* call, const char* operand, const double* a, Index rows,
                          Index columns, Index ld) {
  if (rows <= 0 || columns <= 0) return Success;
  size_t count = static_cast<size_t>((columns - 1) * ld + rows);
  std::string wrong = outside(reinterpret_cast<uintptr_t>(a), count * sizeof(double));
  if (wrong.empty() && reinterpret_cast<uintptr_t>(a) % sizeof(double) != 0) wrong = "not aligned";
  if (wrong.empty()) return Success;
  say("%s: operand %s: %s", call, operand, wrong.c_str());
  return IllegalAddress;
}

inline Result checkVector(const char* call, const char* operand, const double* x, Index n,
                          Index inc) {
  return checkMatrix(call, operand, x, 1, n, std::abs(inc));
}

/** Element (i, j) of a matrix as it is stored or of its transpose. */
struct View {
  const double* data;
  Index rowStep, columnStep;
  double operator()(Index i, Index j) const { return data[i * rowStep + j * columnStep]; }
};

inline View view(const double* a, Index ld, bool transposed) {
  return transposed ? View{a, ld, 1} : View{a, 1, ld};
}

/** c = alpha op(a) op(b) + beta c; c is not read when beta is 0. Rows from first(j) to last(j). */
template <typename First, typename Last>
void multiply(Index n, Index k, double alpha, View a, View b, double beta, double* c, Index ldc,
              First first, Last last) {
  constexpr Index Strip = 512;
  std::vector<double> strip;  // rows of op(a), column by column
  Index rows = 0;
  for (Index j = 0; j < n; j++) rows = std::max(rows, last(j));
  for (Index from = 0; from < rows; from += Strip) {
    Index height = std::min(Strip, rows - from);
    strip.resize(static_cast<size_t>(height * k));
    if (alpha != 0)
      for (Index l = 0; l < k; l++)
        for (Index i = 0; i < height; i++) strip[l * height + i] = a(from + i, l);
    for (Index j = 0; j < n; j++) {
      double* column = c + j * ldc + from;
      Index begin = std::max<Index>(first(j) - from, 0), end = std::min(last(j) - from, height);
      for (Index i = begin; i < end; i++) column[i] = beta == 0 ? 0 : beta * column[i];
      if (alpha == 0) continue;
      for (Index l = 0; l < k; l++) {
        double factor = alpha * b(l, j);
        const double* s = &strip[l * height];
        for (Index i = begin; i < end; i++) column[i] += factor * s[i];
      }
    }
  }
}

/** x = op(a)⁻¹ x for a triangular a, lower if `lower` holds of op(a). */
inline void solveTriangle(Index n, View a, bool lower, bool unit, double* x, Index inc) {
  for (Index s = 0; s < n; s++) {
    Index i = lower ? s : n - 1 - s;
    double sum = x[i * inc];
    for (Index j = lower ? 0 : i + 1; j < (lower ? i : n); j++) sum -= a(i, j) * x[j * inc];
    x[i * inc] = unit ? sum : sum / a(i, i);
  }
}

}  // namespace cudasim
