package drift

import "claria/drift/catalogue"

// judge decides one control from what is known. It is pure.
type judge func(in *judgement) verdict

// judges are the judges of the controls by id. A control that only a signed
// statement establishes needs none: see judgeOf.
func judges() map[string]judge {
	all := map[string]judge{
		"BAA-01": judgeAgreement,
		"BAA-02": judgeSameAgreement,
		"BAA-03": judgePaperAgreement,
		"BAA-04": judgeServices,
		"BAA-05": judgeVendors,
		"BAA-06": judgeUseCase,
		"ACC-01": judgeSecurityContact,
		"ACC-02": judgeContacts,
		"ACC-03": judgeOptOut,
		"ACC-04": judgeRegions,
		"ACC-05": judgeOptInRegions,
		"ACC-06": judgeBudget,
		"ACC-07": judgeInventory,

		"IAM-01": judgeRootKeys,
		"IAM-02": judgeRootMFA,
		"IAM-03": judgeRootDevice,
		"IAM-04": judgeRootUse,
		"IAM-05": judgeConsoleMFA,
		"IAM-06": judgeFactors,
		"IAM-07": judgeAdministrators,
		"IAM-08": judgeServiceWide,
		"IAM-09": judgeRights,
		"IAM-10": judgeTampering,
		"IAM-11": judgeEscalation,
		"IAM-12": judgeKeyAge,
		"IAM-13": judgeUnused,
		"IAM-14": judgeSecondKeys,
		"IAM-15": judgePasswords,
		"IAM-16": func(in *judgement) verdict { return in.attestedToo("IAM-16", judgePersons(in)) },
		"IAM-17": judgePrincipals,
		"IAM-18": judgeOtherCredentials,
		"IAM-19": judgeMarketplace,
		"IAM-20": judgeConditions,
		"IAM-21": func(in *judgement) verdict { return in.attestedToo("IAM-21", judgeBreakGlass(in)) },
		"IAM-22": judgeSupport,
		"IAM-23": judgeAccessReview,

		"KMS-01": judgeKey,
		"KMS-02": judgeKeyRotation,
		"KMS-03": judgeKeyDeletion,
		"KMS-04": judgeKeyAccess,
		"KMS-05": judgeKeyActions,

		"BDR-01": judgeRetention,
		"BDR-02": judgeMantle,
		"BDR-03": judgePinned,
		"BDR-04": judgeGeography,
		"BDR-05": judgeModelAccess,
		"BDR-06": judgeLifecycles,
		"BDR-07": judgeInvocationLogging,
		"BDR-08": judgeGuardrails,
		"BDR-09": judgeAssets,
		"BDR-10": judgeFullAccess,
		"TRN-01": judgeTranscripts,
		"TRN-02": judgeOutputKey,
		"TRN-03": judgeJobs,
		"TRN-04": judgeRecordings,
		"TRN-05": judgeVocabularies,
		"TRN-06": signed("TRN-06"),

		"MON-01": judgeGuardDuty,
		"MON-02": judgeGuardDutyS3,
		"MON-03": judgeHighFindings,
		"MON-04": judgeAnalyzer,
		"MON-05": judgeOutside,
		"MON-06": judgeAlertPath,
		"MON-07": judgeTopics,
		"MON-17": judgeLogGroups,
		"MON-18": judgeRecorder,
		"MON-19": judgeHub,
		"MON-20": judgeWatch,

		"ADM-01": judgeAnalysis,
		"ADM-02": judgeRiskPlan,
		"ADM-06": notApplicableOnceSigned("ADM-06", "no clearinghouse"),
		"ADM-08": judgeTraining,
		"ADM-09": signedAndDrilled("ADM-09", "incident response"),
		"ADM-11": signedAndDrilled("ADM-11", "contingency plan", "restore"),
		"ADM-14": judgeDecisions,
		"ORG-02": notApplicableOnceSigned("ORG-02", "no group health plan"),

		"PRV-04": judgeCommunications,
		"PRV-05": judgeRequests,
		"PRV-08": judgePart2,
		"BRN-01": judgeAssessments,
		"BRN-02": judgeNotices,
		"BRN-03": judgeSecuredFacts,

		"S3-01": judgeDataBucket,
		"S3-02": judgeEncryption,
		"S3-03": judgeOwnEncryption,
		"S3-04": judgeUploads,
		"S3-05": judgeBucketPublicAccess,
		"S3-06": judgeAccountPublicAccess,
		"S3-07": judgePolicyPublic,
		"S3-08": judgeACLs,
		"S3-09": judgeTLS,
		"S3-10": judgeForeign,
		"S3-11": judgeVersioning,
		"S3-12": judgeDeletion,
		"S3-13": judgeLifecycle,
		"S3-14": judgeObjectAudit,
		"S3-15": judgeReplica,
		"S3-16": judgeOtherBuckets,
		"S3-17": judgeExposure,
		"S3-18": judgeBucketEvents,
		"S3-19": judgeRestore,
		"S3-20": judgeSingleObjects,
		"S3-21": judgeStrangers,

		"NET-01": judgeWorkloads,
		"NET-02": judgeNetworks,
		"NET-03": judgeDisks,
		"NET-04": judgeDocuments,

		"CT-01": judgeTrailLogging,
		"CT-02": judgeTrailRegions,
		"CT-03": judgeTrailValidation,
		"CT-04": judgeManagementEvents,
		"CT-05": judgeDataEvents,
		"CT-06": judgeDelivery,
		"CT-07": judgeTrailEncryption,
		"CT-08": judgeTrailForward,
		"CT-09": judgeAuditBucket,
		"CT-10": judgeLogRetention,
		"CT-11": judgeDigests,
		"CT-12": judgeInsights,
		"CT-13": signed("CT-13"),
		"CT-14": judgeTamperEvents,

		"WKS-01": ofMachine("the disk is encrypted", judgeDisk),
		"WKS-02": ofMachine("locked after at most "+minutes(maxIdle), judgeLock),
		"WKS-03": ofMachine("at most "+count(maxUpdateDays, "day")+" since the last updates", judgeUpdates),
		"WKS-04": ofMachine("a firewall is on", judgeFirewall),
		"WKS-05": ofMachine("AWS keys only in the keyring", judgeSecrets),
		"WKS-06": judgeSkew,
		"WKS-07": ofMachine("no part of a record unencrypted on this computer's disk", judgeTraces),
		"WKS-08": ofMachine("a known version, and unaltered evidence", judgeProgram),
		"WKS-09": signed("WKS-09"),
	}
	for _, c := range catalogue.AlarmControls() {
		all[c.ID] = judgeAlarm(c.ID)
	}
	return all
}

// judgeOf is a control's judge: the table's, or else that of its statement.
func (in *judgement) judgeOf(c catalogue.Control) judge {
	if j, ok := in.judges[c.ID]; ok {
		return j
	}
	return signed(c.ID)
}
