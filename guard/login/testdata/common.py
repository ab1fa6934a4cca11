"""Makes common.txt.gz: python testdata/common.py > common.txt.gz, with zxcvbn 4.5.0 installed."""
import gzip
import sys

from zxcvbn.frequency_lists import FREQUENCY_LISTS

words = sorted({word.lower() for word in FREQUENCY_LISTS["passwords"][:10000]}, key=str.encode)
sys.stdout.buffer.write(gzip.compress(("\n".join(words) + "\n").encode(), 9, mtime=0))
