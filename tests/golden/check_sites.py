#!/usr/bin/env python3
"""Are files of mutants what they say?  check_sites.py FOLDER [WILDTYPE.fa]

Reads mave*.csv with mavehgvs (PyPI), *.vcf with bcftools norm -f (Debian's bcftools, tabix), pathogen.json as JSON with
the fields and kinds that Nextclade's pathogen.json has, mutants.tsv by Nextclade's pattern.  FOLDER is tests/golden/sites,
whose VCF is of chr1, ACNT; other VCF files need their FASTA."""
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from mavehgvs import Variant

folder = pathlib.Path(sys.argv[1])
for path in sorted(folder.glob("*mave*.csv")):
    rows = list(csv.DictReader(open(path)))
    assert rows and list(rows[0])[:4] == ["hgvs_nt", "hgvs_splice", "hgvs_pro", "score"]
    for row in rows:
        names = [row[c] for c in ("hgvs_nt", "hgvs_splice", "hgvs_pro") if row[c] != "NA"]
        assert len(names) == 1 and str(Variant(names[0])) == names[0], row
    print(f"{path.name}: {len(rows)} variants, each valid")

for path in sorted(folder.glob("*.vcf")):
    with tempfile.TemporaryDirectory() as scratch:
        fasta = pathlib.Path(scratch, "reference.fa")
        fasta.write_text(open(sys.argv[2]).read() if len(sys.argv) > 2 else ">chr1\nACNT\n")
        run = subprocess.run(["bcftools", "norm", "-c", "e", "-f", fasta, "-m", "-any", path], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        records = [line for line in run.stdout.splitlines() if not line.startswith("#")]
        print(f"{path.name}: bcftools norm: {run.stderr.strip()}; {len(records)} records of one allele")

for path in sorted(folder.glob("*.json")):
    (phenotype,) = json.load(open(path))["phenotypeData"]
    assert all(isinstance(phenotype[k], str) for k in ("name", "nameFriendly", "description", "cds"))
    begin, end = phenotype["aaRange"]["begin"], phenotype["aaRange"]["end"]
    for entry in phenotype["data"]:
        assert isinstance(entry["name"], str) and isinstance(entry["weight"], (int, float))
        for place, scores in entry["locations"].items():
            assert begin <= int(place) < end
            assert all(re.fullmatch("[A-Z*]", k) and isinstance(v, (int, float)) for k, v in scores.items())
    print(f"{path.name}: {sum(len(s) for s in entry['locations'].values())} scores")

for path in sorted(folder.glob("*.tsv")):
    rows = list(csv.DictReader(open(path), delimiter="\t"))
    for row in rows:
        assert all(re.fullmatch(r"[^:]+:[A-Z][0-9]+[A-Z*-]", s) for s in row["aaSubstitutions"].split(",")), row
    print(f"{path.name}: {len(rows)} rows")
