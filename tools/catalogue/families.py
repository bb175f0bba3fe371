"""What a family of machine types is: whose cores they are, and what their local disk is made of.

Rules, family by family, as the providers describe them; a family that is not listed is refused, never guessed.
"""

from orchestrator.model.site import CpuKind, DiskKind

# dedicated: a vCPU is a hardware thread that no other customer is scheduled on.
# shared: vCPUs are scheduled on cores that other customers use too (gcp e2: "dynamic resource management").
# burstable: a baseline below one full core, and credits above it (aws t*, gcp's shared-core e2 sizes).
CPU_OF_FAMILY: dict[str, dict[str, CpuKind]] = {
    "aws": {
        **dict.fromkeys(("m6a", "m6i", "m7a", "m7g", "m7i"), "dedicated"),
        **dict.fromkeys(("r6a", "r6i", "r7a", "r7g", "r7i"), "dedicated"),
        **dict.fromkeys(("i4i", "i7ie", "im4gn"), "dedicated"),
        **dict.fromkeys(("t2", "t3", "t3a", "t4g"), "burstable"),
    },
    "gcp": {
        **dict.fromkeys(("c3", "c3d", "n2", "n2d", "t2d", "z3"), "dedicated"),
        "e2": "shared",
    },
    "hetzner": {"ccx": "dedicated", "cx": "shared", "cpx": "shared", "cax": "shared"},
}

BURSTABLE_TYPES = frozenset({"e2-micro", "e2-small", "e2-medium"})

# Every local disk of these families is an NVMe drive (instance store, Local SSD, the machine's own disk).
LOCAL_DISK: dict[str, DiskKind] = {"aws": "nvme", "gcp": "nvme", "hetzner": "nvme"}


def find_family(provider: str, machine_type: str) -> str:
    """The family in a machine type's name: "m7a" of m7a.large, "e2" of e2-standard-4, "ccx" of ccx23."""
    if provider == "aws":
        return machine_type.partition(".")[0]
    if provider == "gcp":
        return machine_type.partition("-")[0]
    return machine_type.rstrip("0123456789")


def classify_cpu(provider: str, machine_type: str) -> CpuKind:
    """Whose cores the machine's are; KeyError for a family that nobody has classified."""
    if machine_type in BURSTABLE_TYPES:
        return "burstable"
    return CPU_OF_FAMILY[provider][find_family(provider, machine_type)]
