# Makes sequences of a virus that never was: FASTA of a protein of 80 residues, ten new ones a year from 2001 on.
#
#     awk -f virus.awk > virus.fa            # -v years=20 -v seed=1
#
# A lineage drifts: each year a site of the loop 30-45 takes a residue that was rare the year before, and sites 12 and 60
# always change together.  The rest varies little.  Headers are NAME|YEAR.
function random() {
    state = (state * 16807) % 2147483647
    return state / 2147483647
}
function letter() {
    return substr("ACDEFGHIKLMNPQRSTVWY", 1 + int(20 * random()), 1)
}
BEGIN {
    years = years > 0 ? years : 12
    state = seed > 0 ? seed : 1
    typical = "MKTIIALSYILCLVFAQKLPGNDNSTATLCLGHHAVPNGTIVKTITNDQIEVTNATELVQSSSTGEICDSPHQILDGKNC"
    for (i = 1; i <= 80; i++) {
        now[i] = substr(typical, i, 1)
    }
    for (year = 2001; year < 2001 + years; year++) {
        rising = 30 + int(16 * random())
        next_one = letter()
        for (n = 1; n <= 10; n++) {
            text = ""
            pair = random() < 0.5
            for (i = 1; i <= 80; i++) {
                own = now[i]
                if (i == rising && random() < 0.3) own = next_one
                if (i >= 30 && i <= 45 && random() < 0.02) own = letter()
                if (random() < 0.002) own = letter()
                if (i == 12 || i == 60) own = pair ? (i == 12 ? "C" : "V") : (i == 12 ? "S" : "M")
                text = text own
            }
            printf ">v%d-%d|%d\n%s\n%s\n", year, n, year, substr(text, 1, 60), substr(text, 61)
        }
        now[rising] = next_one
    }
}
