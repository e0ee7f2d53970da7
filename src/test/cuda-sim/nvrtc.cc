// NVRTC. Nothing is compiled: the kernels have been, by the host's compiler. A program that is the
// text which was compiled then gives an image that names its file; any other text is an error.
#include <set>

#include "sim.h"

using namespace cudasim;

namespace {

enum NvrtcResult {
  NvrtcSuccess = 0,
  InvalidInput = 3,
  InvalidProgram = 4,
  InvalidOption = 5,
  Compilation = 6,
};

struct Program {
  std::string name, source, log, image;
  std::map<std::string, std::string> headers;
};

std::set<Program*> programs;

/** Where two texts part: the number of the first line that differs, or 0 if none does. */
int firstDifference(const std::string& text, const SourceFile& file) {
  const char* other = file.text;
  int line = 1;
  for (char c : text) {
    if (other == file.textEnd || *other != c) return line;
    if (c == '\n') line++;
    other++;
  }
  return other == file.textEnd ? 0 : line;
}

/** Empty if the text is the one that the simulator was built from. */
std::string difference(const std::string& name, const std::string& text) {
  const SourceFile* file = sourceFile(name);
  if (file == nullptr) return name + "(1): error: the simulator has no such file\n";
  int line = firstDifference(text, *file);
  if (line == 0) return "";
  return name + "(" + std::to_string(line) +
         "): error: differs from the text that the simulator was built from\n";
}

/** "sm_80" of --gpu-architecture=sm_80; empty if an option is not known. */
bool readOptions(int count, const char* const* options, std::string* architecture,
                 std::string* log) {
  for (int i = 0; i < count; i++) {
    std::string option = options[i];
    std::string key = option.substr(0, option.find('='));
    static const std::set<std::string> known = {"--std",
                                                "-std",
                                                "--fmad",
                                                "-fmad",
                                                "-lineinfo",
                                                "--generate-line-info",
                                                "-default-device",
                                                "--device-as-default-execution-space",
                                                "-w",
                                                "--disable-warnings",
                                                "--prec-div",
                                                "--prec-sqrt",
                                                "--ftz",
                                                "--extra-device-vectorization",
                                                "--maxrregcount",
                                                "--diag-error",
                                                "--Werror",
                                                "-Werror"};
    if (key == "--gpu-architecture" || key == "-arch") {
      *architecture = option.substr(option.find('=') + 1);
      size_t digits = architecture->find('_');
      if ((architecture->rfind("sm_", 0) != 0 && architecture->rfind("compute_", 0) != 0) ||
          digits + 1 == architecture->size()) {
        *log = "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
        return false;
      }
    } else if (known.count(key) == 0) {
      *log = "nvrtc: error: unrecognized option " + option + " found\n";
      return false;
    }
  }
  return true;
}

}  // namespace

extern "C" {

int nvrtcVersion(int* major, int* minor) {
  if (major == nullptr || minor == nullptr) return InvalidInput;
  *major = libraryVersion(reinterpret_cast<void*>(&nvrtcVersion));
  *minor = *major == 12 ? 6 : 0;
  return NvrtcSuccess;
}

const char* nvrtcGetErrorString(int result) {
  static const char* const names[] = {"NVRTC_SUCCESS",
                                      "NVRTC_ERROR_OUT_OF_MEMORY",
                                      "NVRTC_ERROR_PROGRAM_CREATION_FAILURE",
                                      "NVRTC_ERROR_INVALID_INPUT",
                                      "NVRTC_ERROR_INVALID_PROGRAM",
                                      "NVRTC_ERROR_INVALID_OPTION",
                                      "NVRTC_ERROR_COMPILATION",
                                      "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE"};
  return result >= 0 && result < 8 ? names[result] : "NVRTC_ERROR unknown";
}

int nvrtcGetNumSupportedArchs(int* count) {
  *count = 4;
  return NvrtcSuccess;
}

int nvrtcGetSupportedArchs(int* architectures) {
  const int all[] = {75, 80, 90, 100};
  std::copy(std::begin(all), std::end(all), architectures);
  return NvrtcSuccess;
}

int nvrtcCreateProgram(Program** program, const char* source, const char* name, int headerCount,
                       const char* const* headers, const char* const* includeNames) {
  std::lock_guard guard(lock());
  if (program == nullptr || source == nullptr || headerCount < 0 ||
      (headerCount > 0 && (headers == nullptr || includeNames == nullptr)))
    return InvalidInput;
  auto* p = new Program;
  p->name = name == nullptr ? "default_program" : name;
  p->source = source;
  for (int i = 0; i < headerCount; i++) p->headers[includeNames[i]] = headers[i];
  programs.insert(p);
  *program = p;
  return NvrtcSuccess;
}

int nvrtcDestroyProgram(Program** program) {
  std::lock_guard guard(lock());
  if (program == nullptr || programs.erase(*program) == 0) return InvalidProgram;
  delete *program;
  *program = nullptr;
  return NvrtcSuccess;
}

int nvrtcCompileProgram(Program* program, int optionCount, const char* const* options) {
  std::lock_guard guard(lock());
  if (programs.count(program) == 0) return InvalidProgram;
  std::string architecture = "compute_75";
  program->log.clear();
  program->image.clear();
  if (!readOptions(optionCount, options, &architecture, &program->log)) return InvalidOption;
  program->log = difference(program->name, program->source);
  for (auto& [name, text] : program->headers) program->log += difference(name, text);
  for (size_t at = 0; (at = program->source.find("#include \"", at)) != std::string::npos; at++) {
    size_t from = at + strlen("#include \"");
    std::string name = program->source.substr(from, program->source.find('"', from) - from);
    if (program->headers.count(name) == 0)
      program->log +=
          program->name + ": catastrophic error: cannot open source file \"" + name + "\"\n";
  }
  if (injectedFailure("COMPILE")) program->log += program->name + "(1): error: injected failure\n";
  if (!program->log.empty()) return Compilation;
  counter("compilations")++;
  program->image = image(*sourceFile(program->name), architecture);
  return NvrtcSuccess;
}

int nvrtcGetProgramLogSize(Program* program, size_t* size) {
  std::lock_guard guard(lock());
  if (programs.count(program) == 0) return InvalidProgram;
  *size = program->log.size() + 1;
  return NvrtcSuccess;
}

int nvrtcGetProgramLog(Program* program, char* log) {
  std::lock_guard guard(lock());
  if (programs.count(program) == 0) return InvalidProgram;
  memcpy(log, program->log.c_str(), program->log.size() + 1);
  return NvrtcSuccess;
}

int nvrtcGetCUBINSize(Program* program, size_t* size) {
  std::lock_guard guard(lock());
  if (programs.count(program) == 0) return InvalidProgram;
  *size = program->image.empty() ? 0 : program->image.size() + 1;
  return NvrtcSuccess;
}

int nvrtcGetCUBIN(Program* program, char* image) {
  std::lock_guard guard(lock());
  if (programs.count(program) == 0 || program->image.empty()) return InvalidProgram;
  memcpy(image, program->image.c_str(), program->image.size() + 1);
  return NvrtcSuccess;
}

int nvrtcGetPTXSize(Program* program, size_t* size) { return nvrtcGetCUBINSize(program, size); }

int nvrtcGetPTX(Program* program, char* image) { return nvrtcGetCUBIN(program, image); }
}
