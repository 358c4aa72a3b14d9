/**
 * Operations of AWS Organizations that make no sense here: bills, partitions that do not exist, and errors of merged
 * policies. The wire answers UnsupportedAPIEndpointException for them, after the signature was checked.
 */
export const UNSUPPORTED_ORGANIZATIONS_OPERATIONS: ReadonlySet<string> = new Set([
  'CreateGovCloudAccount',
  'InviteOrganizationToTransferResponsibility',
  'DescribeResponsibilityTransfer',
  'UpdateResponsibilityTransfer',
  'TerminateResponsibilityTransfer',
  'ListInboundResponsibilityTransfers',
  'ListOutboundResponsibilityTransfers',
  'ListAccountsWithInvalidEffectivePolicy',
  'ListEffectivePolicyValidationErrors',
]);
