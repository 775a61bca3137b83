"""What the files worker can be asked: name → function of (call, params), see FILES.md."""
import files_content
import files_list
import files_operate

METHODS = {
    "list": files_list.listing,
    "stat": files_list.look,
    "read": files_content.read,
    "save": files_content.save,
    "operate": files_operate.operate,
}
