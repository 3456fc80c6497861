// Package sandbox keeps what pip starts away from the secrets of the person
// who started it. From plain values (a home directory, a project, variables,
// a policy's additions) it computes a Domain: what a process and everything it
// starts may read, write and connect to, and which variables do not reach it.
// On Linux the kernel's Landlock enforces a domain without any privilege;
// elsewhere, and on kernels without Landlock, only the variables are kept back.
//
// Landlock grants and cannot deny. So reading is granted to everything beside
// the secrets as it stands at the start, and listing is granted everywhere.
package sandbox
