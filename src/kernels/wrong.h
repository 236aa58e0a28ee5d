/* Wrong backward passes, one at a time, to prove that the gradient check would notice: only in a build of the tests
   with -DQD_WRONG_PASSES, where the test sets qd_wrong_pass.  Everywhere else qd_wrong is the constant 0.

   Kernels:
     1  lstm: the slopes of the input and forget gates swapped
     2  lstm: the candidate has a sigmoid's slope
     3  lstm: the cell's gradient from the step after is lost
     4  lstm: the slope of tanh(c) missing
     5  lstm: the slope of the output gate missing
     6  lstm: the forget gate sees the cell state after the step, not before
     7  lstm: the cell's gradient passes to the step before without the forget gate
     8  rnn: the slope missing
     9  outer: the first span missing
    10  outer: within a span, all rows paired with its first row of b
    11  column_sums: the last row of each span missing
    12  lstm: the gradient of h does not reach the cell
   Layers and losses: 13 to 42, listed with these in tests/nn/test_wrong_passes_wrong.c. */
#ifndef QD_KERNELS_WRONG_H
#define QD_KERNELS_WRONG_H

#ifdef QD_WRONG_PASSES
extern int qd_wrong_pass;
static inline int qd_wrong(int number)
{
    return qd_wrong_pass == number;
}
#else
static inline int qd_wrong(int number)
{
    (void)number;
    return 0;
}
#endif

#endif
