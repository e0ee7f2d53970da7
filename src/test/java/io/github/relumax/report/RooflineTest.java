package io.github.relumax.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.relumax.backend.Primitive;
import io.github.relumax.backend.Work;
import io.github.relumax.report.Ceiling.Kind;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RooflineTest {
  /** 20 GB/s, 80 GFLOP/s for products, 50 GFLOP/s for Gram matrices. */
  private static final Roofline ROOFLINE =
      new Roofline(
          List.of(
              new Ceiling(Kind.MEMORY, "", List.of(10.0, 20.0, 90.0)),
              new Ceiling(Kind.PRODUCT, "", List.of(80.0)),
              new Ceiling(Kind.GRAM, "", List.of(50.0))));

  @ParameterizedTest
  @CsvSource({
    "MULTIPLY,4000000000,40000000000,2,MEMORY",
    "MULTIPLY,160000000000,20000000000,2,PRODUCT",
    "ACCUMULATE_NEW,160000000000,20000000000,2,PRODUCT",
    "GRAM,160000000000,20000000000,3.2,GRAM",
    "GRAM,40000000000,20000000000,1,MEMORY",
    "SOFTMAX,0,0,0,MEMORY",
  })
  void theSlowerCeilingIsTheFloor(
      Primitive primitive, long flops, long bytes, double seconds, Kind bound) {
    Work work = new Work(flops, bytes);
    assertThat(ROOFLINE.floor(primitive, work)).isEqualTo(seconds);
    assertThat(ROOFLINE.bound(primitive, work)).isEqualTo(bound);
  }
}
