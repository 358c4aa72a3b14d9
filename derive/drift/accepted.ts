/** Differences from AWS that are meant, each with its reason. An entry that no longer applies fails the drift test. */
export const ACCEPTED: ReadonlyMap<string, string> = new Map(
  [
    reason('AWS leaves it out only together with DryRunModifiers, which are refused', [
      'kms Decrypt input CiphertextBlob: is optional for AWS',
      'kms ReEncrypt input CiphertextBlob: is optional for AWS',
    ]),
    reason('the service takes 7 days and more, whatever the model says', [
      'kms ScheduleKeyDeletion input PendingWindowInDays: begins at 7, AWS at 1',
    ]),
    reason('it repeats KeySpec, also for Ed25519, which the model of this deprecated member does not know', [
      'kms CreateKey output KeyMetadata CustomerMasterKeySpec: may answer ML_DSA_44, ML_DSA_65, ML_DSA_87, ECC_NIST_EDWARDS25519',
      'kms DescribeKey output KeyMetadata CustomerMasterKeySpec: may answer ML_DSA_44, ML_DSA_65, ML_DSA_87, ECC_NIST_EDWARDS25519',
      'kms GetPublicKey output CustomerMasterKeySpec: may answer ML_DSA_44, ML_DSA_65, ML_DSA_87, ECC_NIST_EDWARDS25519',
    ]),
    reason('the root user of an account has neither name nor path; AWS leaves them out as well', [
      'iam CreateUser output User Path: AWS always answers it',
      'iam CreateUser output User UserName: AWS always answers it',
      'iam GetUser output User Path: AWS always answers it',
      'iam GetUser output User UserName: AWS always answers it',
      'iam ListUsers output Users[] Path: AWS always answers it',
      'iam ListUsers output Users[] UserName: AWS always answers it',
      'iam GetGroup output Users[] Path: AWS always answers it',
      'iam GetGroup output Users[] UserName: AWS always answers it',
      'iam CreateAccessKey output AccessKey UserName: AWS always answers it',
      'iam CreateVirtualMFADevice output VirtualMFADevice User Path: AWS always answers it',
      'iam CreateVirtualMFADevice output VirtualMFADevice User UserName: AWS always answers it',
      'iam ListVirtualMFADevices output VirtualMFADevices[] User Path: AWS always answers it',
      'iam ListVirtualMFADevices output VirtualMFADevices[] User UserName: AWS always answers it',
      'iam ListMFADevices output MFADevices[] UserName: AWS always answers it',
    ]),
    reason('without a name the caller is meant: the only way for a root user, who has none', [
      'iam EnableMFADevice input UserName: is required by AWS',
      'iam ResyncMFADevice input UserName: is required by AWS',
    ]),
    reason('a session policy that names nothing would be a mistake', [
      'sts AssumeRole input PolicyArns[] arn: is optional for AWS',
      'sts GetFederationToken input PolicyArns[] arn: is optional for AWS',
    ]),
    reason('an addition of ours: AWS clients neither send nor read it', [
      'ccms RotateSecret input Force: is not a member of AWS',
      'ccms RotateSecret input Reason: is not a member of AWS',
      'ccms RotateSecret output Readers: is not a member of AWS',
      'ccms RotateSecret output MoreReaders: is not a member of AWS',
      'ccms RotateSecret output ConfigurationTest: is not a member of AWS',
      'org CreateAccount input ParentId: is not a member of AWS',
      'org AttachPolicy input Mode: is not a member of AWS',
      'org ListPoliciesForTarget output Policies[] Mode: is not a member of AWS',
      'org ListTargetsForPolicy output Targets[] Mode: is not a member of AWS',
    ]),
    reason('a tag without a key or a value says nothing', [
      'ccms CreateSecret input Tags[] Key: is optional for AWS',
      'ccms CreateSecret input Tags[] Value: is optional for AWS',
      'ccms TagResource input Tags[] Key: is optional for AWS',
      'ccms TagResource input Tags[] Value: is optional for AWS',
    ]),
    reason('newer than the published model; asks for a longer token, which a client cannot depend on', [
      'sts GetSessionToken input MinimumSessionTokenSize: is not declared',
      'sts AssumeRole input MinimumSessionTokenSize: is not declared',
      'sts GetFederationToken input MinimumSessionTokenSize: is not declared',
    ]),
    reason('AWS names the account of every key; here the keys of other accounts do not exist', [
      'sts GetAccessKeyInfo error NotFound: AWS has no NoSuchEntity',
    ]),
  ].flat(),
);

function reason(text: string, differences: readonly string[]): (readonly [string, string])[] {
  return differences.map((difference) => [difference, text] as const);
}
