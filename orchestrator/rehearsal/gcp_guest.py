"""What Google's own Debian images have and the base image has not: the guest environment, as new machines use it.

The agent makes an SSH host key at the first boot, unless its settings say otherwise, and the metadata's script
`startup-script` runs at every boot, after the agent was started. Root may not log in until a file of settings allows
it. There is no cloud-init. Units and their order are those of github.com/GoogleCloudPlatform/guest-agent.
"""

from orchestrator.rehearsal.machine import DiskFile

UNITS = "etc/systemd/system"
SCRIPT = "var/lib/google/startup-script"
AGENT = "usr/local/sbin/google_guest_agent"
RUNNER = "usr/local/sbin/google_metadata_script_runner"

AGENT_PROGRAM = r"""#!/bin/sh
# Stands in for google_guest_agent: an SSH host key of its own at the first boot.
set -eu
if [ -e /etc/google_instance_id ]; then exit 0; fi
if ! grep -qs 'set_host_keys *= *false' /etc/default/instance_configs.cfg; then
    ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key.temp
    mv /etc/ssh/ssh_host_ed25519_key.temp /etc/ssh/ssh_host_ed25519_key
    mv /etc/ssh/ssh_host_ed25519_key.temp.pub /etc/ssh/ssh_host_ed25519_key.pub
fi
cat /etc/machine-id > /etc/google_instance_id
"""
AGENT_UNIT = f"""[Unit]
Description=Google Compute Engine Guest Agent (rehearsed)
Before=ssh.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/{AGENT}
"""
RUNNER_PROGRAM = f"""#!/bin/sh
# Stands in for google_metadata_script_runner: the metadata server is a file here.
if [ -x /{SCRIPT} ]; then exec /{SCRIPT}; fi
"""
RUNNER_UNIT = f"""[Unit]
Description=Google Compute Engine Startup Scripts (rehearsed)
After=network-online.target google-guest-agent.service
[Service]
Type=oneshot
KillMode=process
ExecStart=/{RUNNER}
"""
WANTED = "[Unit]\nWants=google-guest-agent.service google-startup-scripts.service\n"
SSHD = """Include /etc/ssh/sshd_config.d/*.conf
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM yes
Subsystem sftp /usr/lib/openssh/sftp-server
"""


def list_guest_files(startup_script: str | None) -> tuple[DiskFile, ...]:
    """The files of a machine that was given this startup script, or none."""
    files = (
        DiskFile(path=AGENT, text=AGENT_PROGRAM, mode=0o755),
        DiskFile(path=RUNNER, text=RUNNER_PROGRAM, mode=0o755),
        DiskFile(path=f"{UNITS}/google-guest-agent.service", text=AGENT_UNIT),
        DiskFile(path=f"{UNITS}/google-startup-scripts.service", text=RUNNER_UNIT),
        DiskFile(path=f"{UNITS}/multi-user.target.d/google.conf", text=WANTED),
        DiskFile(path="etc/ssh/sshd_config", text=SSHD),
        DiskFile(path="etc/ssh/sshd_config.d/10-orchestrator.conf", text=""),  # the base image has the role's already
    )
    if startup_script is None:
        return files
    return (*files, DiskFile(path=SCRIPT, text=startup_script, mode=0o700))
