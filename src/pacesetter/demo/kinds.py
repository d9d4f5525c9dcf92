"""The kinds of work that the simulated MSP gets, each with its own effort, route and words.

Owns the table of kinds. Effort medians are hands-on minutes of the whole ticket; probabilities are per ticket.
"""

from dataclasses import dataclass

HUMAN, ALERT, PATCH = 0, 1, 2
"""Streams of arrival: people who ask, monitoring that alarms, patch days."""


@dataclass(frozen=True, kw_only=True)
class WorkKind:
    """One kind of work. ``tier`` is where it starts; ``escalates`` the share that needs the next tier.

    ``waits``, ``vendor``, ``books``, ``defers`` are the shares that wait for the requester, wait for a vendor, are
    booked for a later date, or are put aside by the technician. ``urgent`` weighs the priorities P1 to P4.
    """

    category: str
    subcategory: str
    type: str
    subjects: tuple[str, ...]
    weight: float
    effort: float
    spread: float = 0.6
    stream: int = HUMAN
    tier: int = 1
    escalates: float = 0.1
    waits: float = 0.2
    vendor: float = 0.0
    books: float = 0.05
    defers: float = 0.2
    reopens: float = 0.03
    urgent: tuple[float, float, float, float] = (0.02, 0.13, 0.55, 0.30)
    on_site: float = 0.02
    automated: float = 0.0
    hard: bool = False
    live: float = 0.35


KINDS: tuple[WorkKind, ...] = (
    WorkKind(category="access", subcategory="password reset", type="request", weight=12, effort=8, spread=0.35,
             subjects=("Password reset", "Locked out after password change", "Forgot my password"),
             escalates=0.01, waits=0.05, books=0.0, defers=0.03, reopens=0.01, automated=0.10, live=0.6),
    WorkKind(category="access", subcategory="account lockout", type="incident", weight=5, effort=10, spread=0.4,
             subjects=("Account locked", "Cannot sign in"), escalates=0.03, waits=0.06, defers=0.04, live=0.6),
    WorkKind(category="access", subcategory="permissions", type="request", weight=6, effort=18, waits=0.35,
             subjects=("Access to shared folder", "Permission for the sales drive", "Mailbox delegation")),
    WorkKind(category="access", subcategory="multi-factor", type="incident", weight=3, effort=15, live=0.5,
             subjects=("New phone, authenticator lost", "MFA prompt does not arrive"), waits=0.15),
    WorkKind(category="onboarding", subcategory="new starter", type="request", weight=4, effort=75, escalates=0.12,
             subjects=("New starter on Monday", "Set up new colleague"), waits=0.4, books=0.35, on_site=0.15, live=0.05),
    WorkKind(category="onboarding", subcategory="leaver", type="request", weight=2, effort=35, books=0.3, live=0.05,
             subjects=("Leaver: please close the account", "Offboarding")),
    WorkKind(category="email", subcategory="delivery", type="incident", weight=6, effort=25, escalates=0.15,
             subjects=("Mail not arriving", "Message bounced", "Outlook does not send"), waits=0.25),
    WorkKind(category="email", subcategory="configuration", type="request", weight=4, effort=20,
             subjects=("Shared mailbox please", "Set up signature", "Distribution list change")),
    WorkKind(category="hardware", subcategory="laptop", type="incident", weight=6, effort=40, vendor=0.18, books=0.12,
             subjects=("Laptop is slow", "Blue screen", "Battery does not charge"), on_site=0.18, defers=0.3),
    WorkKind(category="hardware", subcategory="printer", type="incident", weight=5, effort=30, vendor=0.15,
             subjects=("Printer jam", "Cannot print", "Toner light stays on"), on_site=0.2),
    WorkKind(category="hardware", subcategory="replacement", type="request", weight=3, effort=60, vendor=0.5, live=0.1,
             subjects=("New monitor", "Replacement docking station"), books=0.4, on_site=0.35, defers=0.3),
    WorkKind(category="application", subcategory="line of business", type="incident", weight=5, effort=55,
             spread=0.8, escalates=0.3, waits=0.35, vendor=0.2, defers=0.4, reopens=0.05,
             subjects=("Order form shows an error", "Booking tool hangs", "Report totals are wrong")),
    WorkKind(category="application", subcategory="installation", type="request", weight=5, effort=22,
             subjects=("Install drawing program", "Software request"), waits=0.25, books=0.15),
    WorkKind(category="application", subcategory="licence", type="request", weight=3, effort=15, waits=0.2, vendor=0.1,
             subjects=("Licence expired", "One more licence")),
    WorkKind(category="application", subcategory="legacy ERP", type="incident", weight=3, effort=150, spread=0.7,
             tier=2, escalates=0.12, waits=0.3, vendor=0.3, defers=0.5, reopens=0.06, hard=True, live=0.15,
             subjects=("ERP month-end run stops", "ERP interface stuck", "ERP client cannot connect")),
    WorkKind(category="network", subcategory="wifi", type="incident", weight=4, effort=35, escalates=0.25,
             subjects=("Wifi drops", "No wifi in the meeting room"), on_site=0.12, defers=0.3),
    WorkKind(category="network", subcategory="vpn", type="incident", weight=5, effort=25, escalates=0.15,
             subjects=("VPN does not connect", "VPN very slow"), waits=0.2, live=0.45),
    WorkKind(category="network", subcategory="outage", type="incident", weight=0.6, effort=70, escalates=0.6,
             subjects=("Nobody can work, service is down", "Everything is offline"), waits=0.05, defers=0.0,
             vendor=0.1, books=0.0, urgent=(0.55, 0.40, 0.05, 0.0), live=0.6),
    WorkKind(category="network", subcategory="firewall", type="change", weight=2, effort=60, tier=2, escalates=0.25,
             subjects=("Firewall rule for supplier", "Open port for scanner"), waits=0.35, books=0.4, live=0.02),
    WorkKind(category="server", subcategory="storage array", type="incident", weight=1.6, effort=170, spread=0.6, tier=2,
             escalates=0.2, vendor=0.3, defers=0.4, hard=True, urgent=(0.08, 0.35, 0.45, 0.12), live=0.1,
             subjects=("Storage latency", "Volume went read-only")),
    WorkKind(category="server", subcategory="file server", type="incident", weight=3, effort=45, tier=2, escalates=0.1,
             subjects=("File share slow", "Restore a deleted folder"), waits=0.15, urgent=(0.04, 0.26, 0.5, 0.2)),
    WorkKind(category="server", subcategory="virtual machine", type="request", weight=1.5, effort=80, tier=2,
             subjects=("New test server", "More memory for the database host"), waits=0.3, books=0.3, live=0.02),
    WorkKind(category="security", subcategory="phishing report", type="incident", weight=4, effort=18, live=0.1,
             subjects=("Suspicious mail", "Is this invoice real?"), escalates=0.15, waits=0.05, defers=0.05),
    WorkKind(category="security", subcategory="audit request", type="task", weight=0.8, effort=120, tier=3, live=0.0,
             subjects=("Access review for the auditors",), waits=0.5, books=0.3, escalates=0.0),
    WorkKind(category="telephony", subcategory="softphone", type="incident", weight=3, effort=25, vendor=0.1,
             subjects=("No sound in calls", "Softphone does not ring"), waits=0.2),
    WorkKind(category="problem", subcategory="root cause", type="problem", weight=0.5, effort=200, tier=3, live=0.0,
             subjects=("Recurring VPN drops", "Why does the sync fail every month"), defers=0.8, escalates=0.0),
    WorkKind(category="monitoring", subcategory="disk space", type="alert", weight=6, effort=14, stream=ALERT,
             subjects=("Disk above 90 %",), automated=0.45, waits=0.0, escalates=0.12, defers=0.05, live=0.0),
    WorkKind(category="monitoring", subcategory="backup failed", type="alert", weight=5, effort=22, stream=ALERT,
             subjects=("Backup job failed",), automated=0.25, waits=0.0, escalates=0.25, defers=0.1, live=0.0),
    WorkKind(category="monitoring", subcategory="host down", type="alert", weight=2, effort=30, stream=ALERT,
             subjects=("Host does not answer",), automated=0.35, waits=0.0, escalates=0.3, live=0.0,
             urgent=(0.2, 0.45, 0.3, 0.05)),
    WorkKind(category="security", subcategory="security alert", type="alert", weight=3, effort=25, stream=ALERT,
             subjects=("Sign-in from an unusual place", "Malware quarantined"), automated=0.08, waits=0.1,
             escalates=0.15, live=0.0, urgent=(0.1, 0.4, 0.4, 0.1)),
    WorkKind(category="patching", subcategory="patch deployment", type="change", weight=1, effort=35, stream=PATCH,
             subjects=("Monthly patch deployment",), tier=3, waits=0.05, escalates=0.0, books=0.5, defers=0.1, live=0.0),
)  # fmt: skip

BY_SUBCATEGORY = {k.subcategory: i for i, k in enumerate(KINDS)}
CATEGORIES = tuple(dict.fromkeys(k.category for k in KINDS))
CATEGORY_OF = tuple(CATEGORIES.index(k.category) for k in KINDS)

RESOLUTION_NOTES = {
    "access": (
        "Reset the credentials and confirmed the sign-in with the user.",
        "Group membership corrected, replicated.",
    ),
    "onboarding": ("Account, mailbox and devices prepared from the checklist.", "Checklist completed and handed over."),
    "email": ("Transport rule corrected, test message delivered.", "Profile rebuilt, mail flows again."),
    "hardware": ("Device exchanged and data moved.", "Driver renewed, stress test passed for an hour."),
    "application": (
        "Configuration repaired after comparison with a working seat.",
        "Installed the current version, tested.",
    ),
    "network": ("Access point channel changed, signal measured on site.", "Tunnel rebuilt, stable for an hour."),
    "server": ("Service moved to the second node, first node patched.", "Volume extended, latency back to normal."),
    "security": ("Sender blocked, no further mailbox affected.", "Account checked, sessions revoked, no finding."),
    "telephony": ("Headset firmware renewed, test call good.", "Codec setting corrected."),
    "problem": ("Cause found in the interplay of two services, permanent change planned.",),
    "monitoring": ("Old logs removed and rotation set.", "Job restarted, finished without an error."),
    "patching": ("All hosts patched and restarted, services checked.",),
}
SHORT_NOTES = ("done", "fixed", "ok")
ROOT_CAUSES = ("configuration", "user error", "hardware fault", "software defect", "capacity", "third party", "change")
RESOLUTION_CODES = ("solved", "solved by requester", "workaround given", "no fault found", "automation")
STATUS_PHASES = {
    "New": "new",
    "Assigned": "active",
    "In Progress": "active",
    "Customer Responded": "active",
    "Waiting Customer": "waiting_requester",
    "Waiting Vendor": "waiting_vendor",
    "Scheduled": "scheduled",
    "Completed": "resolved",
    "Closed": "closed",
    "Cancelled": "cancelled",
}
PRIORITIES = ("P1 Critical", "P2 High", "P3 Normal", "P4 Low")
