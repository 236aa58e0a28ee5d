/* The tests of the products on the float64 build. */
#include "test_products.c"
