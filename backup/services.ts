/** Whose databases are in a backup. The audit log is held after everything else. */
export const AUDIT = 'audit';
export const OTHERS = ['iam', 'kms', 'ccms', 'pca', 'org'];
export const SERVICES = [...OTHERS, AUDIT];
