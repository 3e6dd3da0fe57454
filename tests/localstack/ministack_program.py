"""MiniStack without the quota of 500 resources for a stack; run by the Python of its environment, with
`-P`, because a module of this folder has its name. The flat template stands
for nested stacks, each far below the quota, because MiniStack deploys none."""

from ministack.app import main
from ministack.services.cloudformation import engine

engine._SECTION_QUOTAS = tuple(quota for quota in engine._SECTION_QUOTAS if quota[0] != "Resources")

if __name__ == "__main__":
    main()
