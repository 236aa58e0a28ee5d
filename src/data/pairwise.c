/* Gotoh's alignment in a band.  In: two sequences of codes; out: where each residue of the first stands in the second.
 */
#include "data/pairwise.h"
#include "base/mem.h"

#include <stdbool.h>
#include <string.h>

enum { SAME = 5, OTHER = -3, OPEN = 10, EXTEND = 1, NEVER = -(1 << 29), MARGIN = 32, MOST_CELLS = 1 << 28 };

/* How a cell was reached: its best state, and whether the gap that ends there is a longer one. */
enum { FROM_PAIR = 0, FROM_DELETION = 1, FROM_INSERTION = 2, FROM = 3, LONG_DELETION = 4, LONG_INSERTION = 8 };

/* Row i of the matrix (i residues of the reference taken) holds the columns j with low <= j - i < low + width. */
typedef struct band {
    const uint8_t *reference, *query;
    size_t length, query_length;
    uint8_t unknown;
    int64_t low;
    size_t width;
    uint8_t *trace;           /* [length + 1][width] */
    int32_t *best, *deletion; /* [width] each: of the row before, then of this one */
    int32_t *next_best, *next_deletion;
} band;

static int32_t pair_score(const band *b, size_t i, size_t j)
{
    const uint8_t x = b->reference[i], y = b->query[j];
    return x >= b->unknown || y >= b->unknown ? 0 : x == y ? SAME : OTHER;
}

static int32_t larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* One row: D(i,j) = H(i-1,j-1) + s(i,j), X(i,j) = max(H(i-1,j) - open, X(i-1,j)) - extend, Y(i,j) likewise from
   (i,j-1), H = max(D, X, Y).  Gaps at the ends are free. */
static void fill_row(band *b, size_t i)
{
    const int64_t first = (int64_t)i + b->low; /* may be negative: such columns are never reached */
    int32_t insertion = NEVER, left = NEVER;
    const int32_t row_open = i == 0 || i == b->length ? 0 : OPEN, row_extend = row_open > 0 ? EXTEND : 0;
    for (size_t c = 0; c < b->width; c++) {
        const int64_t j = first + (int64_t)c;
        int32_t best = NEVER, deletion = NEVER;
        unsigned how = FROM_PAIR;
        if (j >= 0 && j <= (int64_t)b->query_length) {
            const bool end = j == 0 || j == (int64_t)b->query_length;
            const int32_t open = end ? 0 : OPEN, extend = end ? 0 : EXTEND;
            if (i == 0 && j == 0) {
                best = 0;
            } else if (i > 0 && j > 0) {
                best = b->best[c] + pair_score(b, i - 1, (size_t)j - 1);
            }
            if (i > 0 && c + 1 < b->width) {
                how |= b->deletion[c + 1] > b->best[c + 1] - open ? LONG_DELETION : 0u;
                deletion = larger(b->best[c + 1] - open, b->deletion[c + 1]) - extend;
            }
            how |= insertion > left - row_open ? LONG_INSERTION : 0u;
            insertion = larger(left - row_open, insertion) - row_extend;
            if (deletion > best) {
                best = deletion;
                how |= FROM_DELETION;
            }
            if (insertion > best) {
                best = insertion;
                how = (how & ~(unsigned)FROM) | FROM_INSERTION;
            }
        }
        left = best;
        b->next_best[c] = best;
        b->next_deletion[c] = deletion;
        b->trace[i * b->width + c] = (uint8_t)how;
    }
}

static void fill(band *b)
{
    for (size_t i = 0; i <= b->length; i++) {
        fill_row(b, i);
        int32_t *best = b->best, *deletion = b->deletion;
        b->best = b->next_best;
        b->deletion = b->next_deletion;
        b->next_best = best;
        b->next_deletion = deletion;
    }
}

/* Back from the last cell.  False where the path touches an edge of the band with columns beyond it. */
static bool follow(const band *b, size_t *place)
{
    size_t i = b->length, j = b->query_length;
    unsigned state = FROM; /* FROM: whichever is best here */
    bool inside = true;
    while (i > 0 || j > 0) {
        const size_t c = (size_t)((int64_t)j - (int64_t)i - b->low);
        inside = inside && (c > 0 || j == 0) && (c + 1 < b->width || j == b->query_length);
        const unsigned how = b->trace[i * b->width + c];
        state = state == FROM ? how & FROM : state;
        if (state == FROM_PAIR) {
            place[--i] = --j;
            state = FROM;
        } else if (state == FROM_DELETION) {
            place[--i] = SIZE_MAX;
            state = how & LONG_DELETION ? FROM_DELETION : FROM;
        } else {
            j--;
            state = how & LONG_INSERTION ? FROM_INSERTION : FROM;
        }
    }
    return inside;
}

/* One try with a band that goes `margin` beyond the corners of the matrix. */
static qd_status try_band(band *b, size_t margin, size_t *place, int32_t *score, bool *inside, qd_error *error)
{
    const int64_t longer_by = (int64_t)b->query_length - (int64_t)b->length;
    b->low = (longer_by < 0 ? longer_by : 0) - (int64_t)margin;
    b->width = (size_t)(longer_by < 0 ? -longer_by : longer_by) + 2 * margin + 1;
    int32_t *rows = qd_mem_new(4 * b->width, sizeof *rows);
    b->trace = qd_mem_new(b->length + 1, b->width);
    if (rows == NULL || b->trace == NULL) {
        qd_mem_free(rows);
        qd_mem_free(b->trace);
        return qd_fail_memory(error, (b->length + 1) * b->width, "an alignment");
    }
    b->best = rows;
    b->deletion = rows + b->width;
    b->next_best = rows + 2 * b->width;
    b->next_deletion = rows + 3 * b->width;
    fill(b);
    *score = b->best[longer_by - b->low];
    *inside = follow(b, place);
    qd_mem_free(rows);
    qd_mem_free(b->trace);
    return QD_OK;
}

qd_status qd_align(const uint8_t *reference, size_t length, const uint8_t *query, size_t query_length, uint8_t unknown,
                   size_t *place, qd_error *error)
{
    band b = {
        .reference = reference, .query = query, .length = length, .query_length = query_length, .unknown = unknown};
    const size_t shorter = length < query_length ? length : query_length;
    int32_t before = NEVER;
    for (size_t margin = MARGIN;; margin *= 2) {
        margin = margin < shorter ? margin : shorter; /* then it is the whole matrix */
        int32_t score = 0;
        bool inside = false;
        const qd_status status = try_band(&b, margin, place, &score, &inside, error);
        /* A path that leaves the band passes so many residues by in free gaps that at most this many pairs are left. */
        const bool proved = score >= (int32_t)(SAME * (shorter - margin));
        const bool agreed = inside && score == before && score > 0;
        if (status != QD_OK || proved || agreed || margin == shorter || (length + 1) * 2 * b.width > MOST_CELLS) {
            return status;
        }
        before = score;
    }
}
