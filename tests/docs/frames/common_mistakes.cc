
int main() {
  return CheckTransfer({"a1", 5}).ok() && rt::MessageOf(CheckTransfer({"a1", 0})) == "cents of a1: want above 0, got 0"
             ? 0
             : 1;
}
