"""What the files worker can be asked: name → function of (call, params), see FILES.md."""
import files_content
import files_list
import files_operate
import files_preview
import files_search
import files_upload
import files_watch
import files_zip

METHODS = {
    "list": files_list.listing,
    "stat": files_list.look,
    "read": files_content.read,
    "save": files_content.save,
    "operate": files_operate.operate,
    "upload": files_upload.begin,
    "upload-offset": files_upload.offset_of,
    "append": files_upload.append,
    "upload-drop": files_upload.drop,
    "zip": files_zip.archive,
    "search": files_search.search,
    "watch": files_watch.watch,
    "unwatch": files_watch.unwatch,
    "preview": files_preview.preview,
}
