/** Why a program gives no value. The message goes on from the field's name: "took too long". */
export class Refused extends Error {}
