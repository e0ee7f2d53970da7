// Which kernels there are. They live in libraries beside this one that register themselves when
// they are loaded: libcuda-sim-kernels.so, the product's, and libcuda-sim-test-kernels.so.
#include <dlfcn.h>
#include <link.h>

#include "sim.h"

namespace cudasim {
namespace {

std::map<std::string, const SourceFile*>& files() {
  static auto* map = new std::map<std::string, const SourceFile*>;
  return *map;
}

std::vector<std::pair<uintptr_t, uintptr_t>>& libraryRanges() {
  static auto* list = new std::vector<std::pair<uintptr_t, uintptr_t>>;
  return *list;
}

void noteRanges(const char* path) {
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void* wanted) {
        if (std::string(info->dlpi_name) != static_cast<const char*>(wanted)) return 0;
        for (int i = 0; i < info->dlpi_phnum; i++)
          if (info->dlpi_phdr[i].p_type == PT_LOAD)
            libraryRanges().push_back(
                {info->dlpi_addr + info->dlpi_phdr[i].p_vaddr,
                 info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz});
        return 1;
      },
      const_cast<char*>(path));
}

void loadLibraries() {
  static bool done = false;
  if (done) return;
  done = true;
  Dl_info here;
  dladdr(reinterpret_cast<void*>(&registerSource), &here);
  std::string folder = here.dli_fname;
  folder = folder.substr(0, folder.rfind('/') + 1);
  for (const char* name : {"libcuda-sim-kernels.so", "libcuda-sim-test-kernels.so"}) {
    std::string path = folder + name;
    if (dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) {
      noteRanges(path.c_str());
    } else {
      const char* why = dlerror();
      if (FILE* there = fopen(path.c_str(), "r")) {
        fclose(there);
        say("%s", why);
      }
    }
  }
}

uint64_t fnv(uint64_t hash, const char* from, const char* to) {
  for (; from != to; from++) hash = (hash ^ static_cast<unsigned char>(*from)) * 0x100000001b3;
  return hash;
}

std::string hex(uint64_t value) {
  char text[20];
  snprintf(text, sizeof text, "%016lx", value);
  return text;
}

/** The file and all headers, since it may include any of them. */
std::string hashOf(const SourceFile& file) {
  uint64_t hash = fnv(0xcbf29ce484222325, file.text, file.textEnd);
  for (auto& [name, other] : files())
    if (name.size() > 4 && name.substr(name.size() - 4) == ".cuh")
      hash = fnv(hash, other->text, other->textEnd);
  return hex(hash);
}

constexpr const char* Magic = "CUDA-SIM-IMAGE";

std::string checked(const std::string& body) {
  return body + "check " + hex(fnv(0xcbf29ce484222325, body.data(), body.data() + body.size())) +
         "\n";
}

}  // namespace

void registerSource(const SourceFile* file) { files()[file->name] = file; }

const SourceFile* sourceFile(const std::string& name) {
  loadLibraries();
  auto at = files().find(name.substr(name.rfind('/') + 1));
  return at == files().end() ? nullptr : at->second;
}

std::string image(const SourceFile& file, const std::string& architecture) {
  return checked(std::string(Magic) + "\nfile " + file.name + "\nhash " + hashOf(file) +
                 "\narchitecture " + architecture + "\n");
}

const SourceFile* fileOfImage(const char* image, std::string* why) {
  if (strncmp(image, Magic, strlen(Magic)) != 0) {
    *why = "not an image of the simulated NVRTC";
    return nullptr;
  }
  std::string text = image;
  size_t check = text.rfind("check ");
  if (check == std::string::npos || checked(text.substr(0, check)) != text) {
    *why = "damaged image";
    return nullptr;
  }
  char name[200] = "", hash[20] = "";
  sscanf(image, "%*s file %199s hash %19s", name, hash);
  const SourceFile* file = sourceFile(name);
  if (file == nullptr) {
    *why = std::string("image of ") + name + ", which the simulator does not have";
  } else if (hashOf(*file) != hash) {
    *why = std::string("image of another version of ") + name;
    file = nullptr;
  }
  return file;
}

bool inKernelLibrary(uintptr_t address) {
  return std::any_of(libraryRanges().begin(), libraryRanges().end(),
                     [&](auto& range) { return address >= range.first && address < range.second; });
}

}  // namespace cudasim
