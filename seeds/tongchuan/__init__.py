"""A city like Tongchuan (铜川): real divisions, everything else made up. See README.md."""

from seeds.tongchuan.builder import build

__all__ = ["build"]
