/** Access keys and secret keys have this many characters at least (`AclConstants`, 4.7.1). */
export const keyLengthMin = 7
