package catalogue

func workstationControls() []Control {
	local := []Method{ByMachine}
	return []Control{
		{
			ID: "WKS-01", Family: FamilyWorkstation, Severity: High, Remedy: Guided, Sets: core(), Methods: local,
			Title:     "This computer's disk is encrypted",
			Meaning:   "If a laptop with an encrypted disk is stolen, it is not a reportable breach; without encryption it is. Claria keeps little on this computer, but your other programs keep more.",
			Guide:     "Turn on FileVault (macOS: System Settings, Privacy & Security) or BitLocker or device encryption (Windows: Settings, Privacy & security), or reinstall Linux with disk encryption. Then check again.",
			Citations: cfr("312(a)(2)(iv)", "310(d)(1)", "402"),
		},
		{
			ID: "WKS-02", Family: FamilyWorkstation, Severity: Medium, Remedy: Guided, Sets: strict(), Methods: local,
			Title:     "The screen locks itself",
			Meaning:   "Anyone who walks by can read a screen that was left open. A screen that locks within ten minutes asks for your password again.",
			Guide:     "Set the screen lock in this computer's settings (Privacy or Lock Screen) to ten minutes or less.",
			Citations: cfr("312(a)(2)(iii)", "310(b)", "310(c)"),
		},
		{
			ID: "WKS-03", Family: FamilyWorkstation, Severity: Medium, Remedy: Guided, Sets: proposed(), Methods: local,
			Title:     "This computer is kept up to date",
			Meaning:   "Most break-ins use holes that an update had closed long before. Automatic updates close them without your help.",
			Guide:     "Turn on automatic updates in this computer's settings, or install the pending updates now and restart.",
			Citations: cfr("308(a)(5)(ii)(B)"),
		},
		{
			ID: "WKS-04", Family: FamilyWorkstation, Severity: Low, Remedy: Guided, Sets: strict(), Methods: local,
			Title:     "This computer's firewall is on",
			Meaning:   "In a café or a shared office, other computers can try to connect to this one. The firewall blocks them.",
			Guide:     "Turn the firewall on: macOS System Settings, Network, Firewall; Windows Security, Firewall & network protection; Linux: sudo ufw enable.",
			Citations: cfr("308(a)(5)(ii)(B)"),
		},
		{
			ID: "WKS-05", Family: FamilyWorkstation, Severity: High, Remedy: Guided, Sets: core(), Methods: local,
			Title:     "No AWS key is stored in plain text",
			Meaning:   "Every program that you run can read a key in a shell's history or a settings file. In the keyring it is encrypted, and Claria reads it from there.",
			Guide:     "Remove the key from the named place, then rotate it with claria keys rotate, because someone may have read it. Make what remains of ~/.aws readable by you alone: chmod 600.",
			Citations: cfr("312(a)(1)", "312(d)", "308(a)(5)(ii)(D)"),
		},
		{
			ID: "WKS-06", Family: FamilyWorkstation, Severity: Low, Remedy: Guided, Sets: strict(), Methods: local,
			Title:     "This computer's clock is right",
			Meaning:   "Evidence is only as reliable as its times. AWS refuses calls from a clock that is more than five minutes off.",
			Guide:     "Turn on automatic time in this computer's date and time settings.",
			Citations: cfr("312(b)"),
		},
		{
			ID: "WKS-07", Family: FamilyWorkstation, Severity: High, Remedy: Guided, Sets: core(), Methods: local,
			Title:     "Claria leaves no patient information on this computer",
			Meaning:   "Logs, leftover files and memory written to disk outlive the session in which a record was open. Claria searches its own files for what looks like patient information, and they must be readable by you alone.",
			Guide:     "Delete the named file, or make it readable by you alone (chmod 600; directories 700). Turn core dumps off with ulimit -c 0, and encrypt the swap; full-disk encryption does that.",
			Citations: cfr("502(b)", "312(a)(1)"),
		},
		{
			ID: "WKS-08", Family: FamilyWorkstation, Severity: High, Remedy: NoRemedy, Sets: core(), Methods: local,
			Title:     "Claria and its evidence are unaltered",
			Meaning:   "A replaced program could show you anything. The evidence is a chain: changing one line breaks every later one.",
			Guide:     "Install Claria again from its release into a place that only you or an administrator can write to. If the evidence was altered, keep both copies: the mirror in the audit bucket cannot be changed.",
			Citations: cfr("312(c)(1)", "316(b)"),
		},
		{
			ID: "WKS-09", Family: FamilyWorkstation, Severity: Low, Remedy: Attest, Sets: strict(), Methods: []Method{ByStatement},
			Title:     "Devices are listed, and their disposal is logged",
			Meaning:   "An old laptop in a drawer may still hold records. A list of every device, and of how each was wiped or destroyed, shows that none was forgotten.",
			Guide:     "Write down every computer, phone and drive that holds or shows records, and what happened to those you no longer use. Then sign: claria attest WKS-09.",
			Citations: cfr("310(d)(2)(i)", "310(d)(2)(ii)", "310(d)(2)(iii)"),
			Statement: &Statement{Version: 1, Days: 365, Text: "I keep a current list of every device that holds or shows health information, and a log of how each one that I no longer use was wiped or destroyed."},
		},
	}
}
