import { describeRotationTarget } from '../testing/conformance.ts';
import { mariaDbSubject } from '../testing/mariadb-subject.ts';

describeRotationTarget('MariaDB, alternating users', () => mariaDbSubject(), { clearTextNeverTravels: true });
