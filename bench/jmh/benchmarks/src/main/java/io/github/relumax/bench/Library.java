package io.github.relumax.bench;

import java.util.List;

/**
 * What is compared: each operation through the call that the library's documentation offers for it,
 * on operands in the layout that suits it best, all float64. Threads end with the JVM.
 */
interface Library {
  String RELUMAX = "relumax";
  String OPENBLAS = "openblas";
  String EJML = "ejml";
  String OJALGO = "ojalgo";
  String NETLIB = "netlib";
  List<String> NAMES = List.of(RELUMAX, OPENBLAS, EJML, OJALGO, NETLIB);

  /** The library of that name, with so many threads where it has any. */
  static Library open(String name, int threads) {
    return switch (name) {
      case RELUMAX -> new Relumax(threads);
      case OPENBLAS -> new OpenBlas(threads);
      case EJML -> new Ejml(threads);
      case OJALGO -> new OjAlgo(threads);
      case NETLIB -> new Netlib();
      default -> throw new IllegalArgumentException("no library is called " + name);
    };
  }

  /** What runs, for the results file. */
  String description();

  /** a b. */
  Kernel product(Dense a, Dense b);

  /** cᵀ diag(weights) c for positive weights. */
  Kernel gram(Dense c, double[] weights);

  /** a x. */
  Kernel multiply(Dense a, double[] x);

  /** aᵀ v. */
  Kernel multiplyTransposed(Dense a, double[] v);

  /** The l with l lᵀ = h, which is left as it is: a copy that this takes is part of the work. */
  Kernel factor(Dense h);

  /** (l lᵀ)⁻¹ r, copying r included. */
  Kernel solve(Dense l, double[] r);

  /** diag(√weights) c, whose Gram matrix is the weighted one of c. */
  static Dense scaled(Dense c, double[] weights) {
    double[] entries = c.entries().clone();
    for (int i = 0; i < c.rows(); i++) {
      double root = Math.sqrt(weights[i]);
      for (int j = 0; j < c.columns(); j++) {
        entries[i * c.columns() + j] *= root;
      }
    }
    return new Dense(c.rows(), c.columns(), entries);
  }

  /** Throws unless a factorisation came to an end. */
  static void requireFactor(boolean complete) {
    if (!complete) {
      throw new IllegalStateException("the factorisation met a pivot that is not positive");
    }
  }
}
