# Flags of the instruction sets, each for its own file alone: the program starts on any processor of the family, and
# kernels.c asks the processor before it calls one of these.  On other families the files are empty.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
  set_source_files_properties(kernels/kernels_avx2.c PROPERTIES COMPILE_OPTIONS "-mavx2;-mfma")
  set_source_files_properties(kernels/kernels_avx512.c PROPERTIES COMPILE_OPTIONS
    "-mavx2;-mfma;-mavx512f;-mavx512vl;-mavx512dq;-mavx512bw")
endif()
