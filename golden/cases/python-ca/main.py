"""Says what it was installed with, and looks for the CA that only build steps may trust."""

import os

import six

left = [name for _, _, names in os.walk("/app") for name in names if name.endswith(".pem")]
print(f"six {six.__version__}, the company's CA is {left or 'not here'}")
