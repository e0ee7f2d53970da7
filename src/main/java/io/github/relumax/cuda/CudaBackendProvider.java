package io.github.relumax.cuda;

import io.github.relumax.backend.Backend;
import io.github.relumax.backend.BackendOptions;
import io.github.relumax.backend.BackendProvider;
import io.github.relumax.backend.BackendUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jcuda.CudaException;

/**
 * The CUDA backend: usable where there are an NVIDIA driver, a device, and the libraries of CUDA 12
 * or 13.
 */
public final class CudaBackendProvider implements BackendProvider {
  private static final int PREFERENCE = 100;

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int preference() {
    return PREFERENCE;
  }

  @Override
  public Optional<String> unavailable() {
    CudaLibraries libraries = CudaLibraries.get();
    if (libraries.missing().isPresent()) {
      return libraries.missing();
    }
    if (libraries.nvrtc().isEmpty() && !Kernels.prebuilt()) {
      return Optional.of(
          "NVRTC was not found, and this build has no kernels that were compiled before; install"
              + " the CUDA toolkit or name its folder in "
              + LibrarySearch.PATH_VARIABLE
              + "; see relumax info");
    }
    try {
      List<CudaDevice> devices = CudaDevice.all();
      if (devices.isEmpty()) {
        return Optional.of(noDevice("it has none"));
      }
      boolean some = devices.stream().anyMatch(device -> device.unsuitable().isEmpty());
      return some ? Optional.empty() : devices.getFirst().unsuitable();
    } catch (CudaException e) {
      return Optional.of(noDevice(e.getMessage()));
    }
  }

  private static String noDevice(String reason) {
    return "the driver offers no device: "
        + reason
        + "; nvidia-smi lists those that there are, and CUDA_VISIBLE_DEVICES may hide them";
  }

  @Override
  public Optional<String> passedOver() {
    return unavailable()
        .or(() -> CudaDevice.all().getFirst().unsuitable())
        .or(() ->
            CudaDevice.all().getFirst().isSimulator()
                ? Optional.of("its device is a simulator, which runs only when asked for by name")
                : Optional.empty());
  }

  @Override
  public String describe() {
    return unavailable().orElseGet(() -> CudaDevice.all().getFirst().toString());
  }

  @Override
  public List<String> details() {
    List<String> lines = new ArrayList<>();
    CudaLibraries libraries = CudaLibraries.get();
    if (libraries.missing().isEmpty()) {
      try {
        CudaDevice.all().forEach(device -> lines.add(device.describe()));
      } catch (CudaException e) {
        lines.add("no device: " + e.getMessage());
      }
    }
    lines.addAll(libraries.report());
    return lines;
  }

  @Override
  public Backend open(BackendOptions options) {
    return open(options, KernelCache.ofUser());
  }

  /** The same with compiled kernels kept elsewhere. */
  CudaBackend open(BackendOptions options, KernelCache cache) {
    unavailable()
        .ifPresent(reason -> {
          throw new BackendUnavailableException("backend 'cuda': " + reason);
        });
    List<CudaDevice> devices = CudaDevice.all();
    if (options.device() >= devices.size()) {
      throw new BackendUnavailableException(
          "backend 'cuda': there is no device %d; devices are numbered 0 to %d, see relumax info"
              .formatted(options.device(), devices.size() - 1));
    }
    CudaDevice device = devices.get(options.device());
    device
        .unsuitable()
        .ifPresent(reason -> {
          throw new BackendUnavailableException("backend 'cuda': " + reason);
        });
    CudaLibraries libraries = CudaLibraries.get();
    CudaContext context = new CudaContext(libraries, device);
    try {
      Optional<Nvrtc> compiler = libraries.nvrtc().map(Nvrtc::new);
      return new CudaBackend(context, new Kernels(context, compiler, cache));
    } catch (RuntimeException | Error e) {
      context.close();
      throw e;
    }
  }
}
