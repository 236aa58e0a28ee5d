/* Fuzzes mutants: any line as a mutant of either alphabet, and what is read, written and read again. */
#include "fuzz.h"
#include "data/mutants.h"

#include <stdlib.h>
#include <string.h>

static void check(const qd_alphabet *alphabet, const char *text)
{
    qd_mutant mutant, again;
    const char *why = NULL;
    if (!qd_mutant_parse(alphabet, text, &mutant, &why)) {
        if (why == NULL || *why == '\0') {
            abort();
        }
        return;
    }
    if (mutant.count == 0 || mutant.count > QD_CHANGES || strlen(mutant.gene) >= QD_GENE) {
        abort();
    }
    size_t before = 0;
    for (size_t c = 0; c < mutant.count; c++) {
        const qd_change *change = &mutant.change[c];
        char hgvs[QD_HGVS];
        if (change->position <= before || change->wt == '\0' || change->mutant == '\0') {
            abort();
        }
        before = change->position;
        qd_hgvs_text(alphabet, change, hgvs);
        const bool nameless = alphabet == &qd_dna && change->wt == change->mutant; /* g.5= */
        if (!nameless && (!qd_mutant_parse(alphabet, hgvs, &again, &why) || again.count != 1 ||
                          again.change[0].position != change->position || again.change[0].wt != change->wt ||
                          again.change[0].mutant != change->mutant)) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char line[4096];
    for (size_t at = 0; at < size;) {
        size_t length = 0;
        while (at < size && data[at] != '\n' && length + 1 < sizeof line) {
            line[length++] = (char)data[at++];
        }
        at += at < size && data[at] == '\n';
        line[length] = '\0';
        check(&qd_protein, line);
        check(&qd_dna, line);
        if (length + 1 == sizeof line) {
            return 0;
        }
    }
    return 0;
}
