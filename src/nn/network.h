/* The network: a list of layers over one block of parameters and one workspace.  Built from --layers; a dense layer to
   the outputs is added at its end. */
#ifndef QD_NN_NETWORK_H
#define QD_NN_NETWORK_H

#include "nn/layer.h"

typedef struct qd_network qd_network;

/* list: as --layers.  dropout: rate after every recurrent layer that names none itself.  per_step: outputs at every
   step ([total][outputs]) instead of one row a sequence ([B][outputs]): then the layer of the list that pools gives one
   row a sequence, or where there is none the last recurrent layer its last state alone; a list without either is
   refused. */
QD_CHECKED qd_status qd_network_new(const char *list, double dropout, size_t inputs, size_t outputs, bool per_step,
                                    qd_network **out, qd_error *error);
void qd_network_free(qd_network *network);

size_t qd_network_inputs(const qd_network *network);
size_t qd_network_outputs(const qd_network *network);
bool qd_network_per_step(const qd_network *network);

/* Tokens that the last input of a step may name, 0 .. vocabulary - 1; 0: the network has no embedding. */
size_t qd_network_vocabulary(const qd_network *network);

/* Parameters: one block of qd_network_parameters(network) elements; tensors in the order of the block, which they cover
   without a hole. */
size_t qd_network_parameters(const qd_network *network);
size_t qd_network_tensors(const qd_network *network);
const qd_tensor *qd_network_tensor(const qd_network *network, size_t i);

/* Fresh weights from the seed (Glorot, orthogonal, forget bias 1): the same bits on every machine. */
QD_CHECKED qd_status qd_network_init(const qd_network *network, uint64_t seed, qd_real *parameters, qd_error *error);

/* Reals a row of carried state, over all layers.  A block of states has as many times `rows` elements; where each
   layer's lie, qd_pass says (layer.h). */
size_t qd_network_state(const qd_network *network);

/* Rows of a block of states (for `rows` rows) into another (for `count`): row i of it is row from[i]. */
void qd_network_state_gather(const qd_network *network, size_t rows, const qd_real *state, size_t count,
                             const size_t *from, qd_real *out);

/* ------------------------------------------------------------------------------------------- workspace */

/* What forward and backward work in, sized for batches of at most `rows` sequences, `steps` steps and `total` rows of
   all steps.  Holds the packed weights and, when training, what the backward pass needs; once it is made, nothing here
   allocates.  Borrows network, kernels and pool.  The passes run in the caller's floating-point mode (qd_fpmode_enter).
 */
typedef struct qd_workspace qd_workspace;

/* Long sequences in segments of time.  Only the segment under way has its states and gates in memory: backward computes
   each segment forward again, from the states before it, which are kept (so memory is least, of order sqrt(T), where a
   segment has about sqrt(T) steps).  The bits are those of whole sequences.  truncate: no gradient passes from a
   segment to the one before it, and memory does not grow with T but for the data and outputs. */
typedef struct qd_segmenting {
    size_t steps; /* of a segment; 0: whole sequences */
    bool truncate;
} qd_segmenting;

/* Can its passes be cut so?  Else *layer (may be NULL) is the name of the first layer that cannot. */
bool qd_network_segments(const qd_network *network, const char **layer);

/* Its size in bytes, known before it is made. */
size_t qd_workspace_bytes(const qd_network *network, const qd_kernels *kernels, size_t rows, size_t steps, size_t total,
                          bool training);
QD_CHECKED qd_status qd_workspace_new(const qd_network *network, const qd_kernels *kernels, qd_pool *pool, size_t rows,
                                      size_t steps, size_t total, bool training, qd_workspace **out, qd_error *error);
void qd_workspace_free(qd_workspace *workspace);

/* The same in segments.  Asserted: qd_network_segments, where there are steps.  Passes then take no states. */
size_t qd_workspace_bytes_in(const qd_network *network, const qd_kernels *kernels, size_t rows, size_t steps,
                             size_t total, bool training, qd_segmenting segmenting);
QD_CHECKED qd_status qd_workspace_new_in(const qd_network *network, const qd_kernels *kernels, qd_pool *pool,
                                         size_t rows, size_t steps, size_t total, bool training,
                                         qd_segmenting segmenting, qd_workspace **out, qd_error *error);

/* Derives packed weights; after every change of the parameters, before forward.  Borrows `parameters` from here on. */
void qd_workspace_load(qd_workspace *workspace, const qd_real *parameters);

/* Random numbers of the passes to come (dropout). */
void qd_workspace_seed(qd_workspace *workspace, uint64_t seed, uint32_t epoch);

/* Optional states, each a block for the batch's rows in packed order: see qd_pass. */
typedef struct qd_states {
    const qd_real *in;
    qd_real *out;
    const qd_real *dout;
    qd_real *din;
} qd_states;

/* x: [total][inputs] packed.  Returns the outputs, borrowed until the next call: [B][outputs] or [total][outputs].
   training: dropout is active and values are saved for a backward.  states may be NULL. */
const qd_real *qd_network_forward(qd_workspace *workspace, const qd_packing *packing, const qd_real *x, bool training,
                                  const qd_states *states);

/* After a forward with training set: doutput has the shape of its outputs; gradients, like parameters, is overwritten;
   dx
   ([total][inputs]) may be NULL.  x, packing and states as in that forward. */
void qd_network_backward(qd_workspace *workspace, const qd_packing *packing, const qd_real *x, const qd_real *doutput,
                         qd_real *gradients, qd_real *dx, const qd_states *states);

/* After a training forward, its backward and the update made of it: what layers learn otherwise than by gradients (the
   running means of batch normalisation), written into `parameters`, which are those loaded. */
void qd_workspace_learn(qd_workspace *workspace, qd_real *parameters);

/* One time step of `rows` sequences: x [rows][inputs] -> y [rows][outputs], states carried in the block `state` (zeros
   before the first step).  The same bits as forward over the whole sequence.  Asserted: qd_network_streams. */
void qd_network_step(qd_workspace *workspace, size_t rows, const qd_real *x, qd_real *y, qd_real *state);

/* Can it stream?  Else *layer (may be NULL) is the name of the first layer that cannot. */
bool qd_network_streams(const qd_network *network, const char **layer);

/* Does no output at a step depend on later steps?  Else *layer (may be NULL) is the name of the first layer that looks
   ahead. */
bool qd_network_causal(const qd_network *network, const char **layer);

#endif
