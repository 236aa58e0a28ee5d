/* The tests of the cells on the float64 build: here the equations hold to 4e-14. */
#include "test_cells.c"
