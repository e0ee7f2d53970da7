package io.github.relumax;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Tests that need a GPU: tagged "gpu" and reported as skipped unless the build runs with {@code
 * -Drelumax.gpu=true}.
 */
@Tag("gpu")
@EnabledIfSystemProperty(
    named = "relumax.gpu",
    matches = "true",
    disabledReason = "needs a GPU: run with -Drelumax.gpu=true")
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface GpuTest {}
