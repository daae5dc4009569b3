// Command claria is a workstation for a clinician's records in their own AWS account.
package main

func main() {}
