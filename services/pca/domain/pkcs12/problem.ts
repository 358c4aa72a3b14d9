/**
 * Why a file is not read. password: it is not that of the file, or somebody changed the file (nobody can tell which);
 * unsupported: a form that is not read; malformed: all else. The message is for the one who sent the file.
 */
export class Pkcs12Problem extends Error {
  readonly reason: 'password' | 'unsupported' | 'malformed';

  constructor(reason: Pkcs12Problem['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

export const wrongPassword = () =>
  new Pkcs12Problem('password', 'the password is not that of the file, or the file was changed');
