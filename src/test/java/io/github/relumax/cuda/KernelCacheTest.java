package io.github.relumax.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiled kernels on disk: whole or absent, whatever happens to the files. */
final class KernelCacheTest {
  private static final String KEY = KernelCache.key("dot", List.of("source", "12.6", "sm_90"));

  @TempDir private Path folder;

  @Test
  void whatIsStoredIsLoaded() {
    KernelCache cache = new KernelCache(folder.resolve("new/folder"));
    byte[] image = image(1);
    assertThat(cache.load(KEY)).isEmpty();
    cache.store(KEY, image);
    assertThat(cache.load(KEY)).contains(image);
    assertThat(new KernelCache(folder.resolve("new/folder")).load(KEY)).contains(image);
  }

  @Test
  void everyTextCountsInTheKey() {
    assertThat(KEY).matches("dot-[0-9a-f]{32}");
    assertThat(
            Stream.of(
                    List.of("source", "12.6", "sm_80"),
                    List.of("source", "12.7", "sm_90"),
                    List.of("sourc", "e12.6", "sm_90"),
                    List.of("source", "12.6"))
                .map(texts -> KernelCache.key("dot", texts)))
        .doesNotHaveDuplicates()
        .doesNotContain(KEY);
  }

  /** Cut anywhere, or with any byte changed, a file counts as absent, and is replaced. */
  @Test
  void damagedFilesAreAbsent() throws IOException {
    KernelCache cache = new KernelCache(folder);
    byte[] image = image(2);
    cache.store(KEY, image);
    Path file = folder.resolve(KEY);
    byte[] whole = Files.readAllBytes(file);
    for (int length : new int[] {0, 1, 31, 32, 33, whole.length - 1}) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(cache.load(KEY)).isEmpty();
    }
    for (int at : new int[] {0, 31, 32, whole.length - 1}) {
      byte[] changed = whole.clone();
      changed[at] ^= 1;
      Files.write(file, changed);
      assertThat(cache.load(KEY)).isEmpty();
    }
    cache.store(KEY, image);
    assertThat(cache.load(KEY)).contains(image);
  }

  @Test
  void whereNothingCanBeWrittenNothingIsKept() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "");
    for (KernelCache cache :
        List.of(new KernelCache(file), new KernelCache(file.resolve("below")))) {
      cache.store(KEY, image(3));
      assertThat(cache.load(KEY)).isEmpty();
    }
    KernelCache off = new KernelCache(null);
    off.store(KEY, image(3));
    assertThat(off.load(KEY)).isEmpty();
  }

  /** Writers of one file never show a reader half of it, and leave nothing else behind. */
  @Test
  void writersDoNotDisturbEachOther() throws IOException {
    byte[] image = image(4);
    new KernelCache(folder).store(KEY, image);
    assertThat(
            IntStream.range(0, 200)
                .parallel()
                .mapToObj(i -> {
                  KernelCache cache = new KernelCache(folder);
                  if (i % 2 == 0) {
                    cache.store(KEY, image);
                  }
                  return cache.load(KEY);
                }))
        .allSatisfy(loaded -> assertThat(loaded).contains(image));
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(folder.resolve(KEY));
    }
  }

  private static byte[] image(int seed) {
    byte[] bytes = new byte[10_007];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }
}
