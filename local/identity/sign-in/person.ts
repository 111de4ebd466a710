/** Who has signed in, and as what. */
export interface Person {
  readonly tenant: string;
  readonly subject: string;
  readonly role: string;
}
