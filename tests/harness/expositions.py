"""Reads /metrics from stdin with Prometheus' own reference parsers and prints it as JSON.

Usage: /usr/bin/python3 expositions.py openmetrics|text
"""
import json
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text

parse = {"openmetrics": openmetrics, "text": text}[sys.argv[1]]
families = [
    {
        "name": family.name,
        "type": family.type,
        "help": family.documentation,
        "unit": family.unit,
        "exemplars": [
            [sample.labels, sample.exemplar.labels, str(sample.exemplar.value), float(sample.exemplar.timestamp)]
            for sample in family.samples
            if sample.exemplar
        ],
        "samples": [[sample.name, sample.labels, str(sample.value)] for sample in family.samples],
    }
    for family in parse(sys.stdin.read())
]
json.dump(families, sys.stdout)
