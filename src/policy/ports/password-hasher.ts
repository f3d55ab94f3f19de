/** How policy has the passwords that people choose hashed. */

/** Makes and checks hashes of passwords that people choose; away from the event loop, since that is its slowness. */
export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /** False for a hash that is none. */
  verify(password: string, hash: string): Promise<boolean>;
}
