package io.github.relumax.backend;

/**
 * What a backend runs on.
 *
 * @param name the name it is chosen by: "cpu"
 * @param device one line for a person: threads and vector width, or the device's own name
 * @param threads worker threads
 * @param vectorBits width of a vector register in use, 64 when the code is scalar
 */
public record BackendDescription(String name, String device, int threads, int vectorBits) {}
