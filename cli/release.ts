/** Of this command, and of what it writes. */
export const RELEASE = '0.1.0';
