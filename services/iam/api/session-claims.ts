/**
 * What a session JWT says besides the registered claims (`iss` the endpoint, `sub` the principal id, `iat`, `exp`,
 * `jti`). Names and ARNs are not in it: they are read from the principal when the token is used, so that a rename or a
 * deletion counts at once.
 */
export interface SessionTokenClaims {
  /** Account id. */
  acc: string;
  /**
   * The long-term access key that asked for the session. SECURITY: whoever accepts the token must find it among
   * `ActiveAccessKeyIds` of the principal's snapshot, otherwise a disabled key would go on in its sessions.
   */
  key: string;
}

export const SESSION_AUDIENCE = 'parapet';
